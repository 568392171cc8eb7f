-- One row per profile, phase, and channel or device category of the sessions of contacts: journeys, and contacts.
WITH made AS (
    SELECT journey_id, session_id, phase, count(*) AS contacts FROM recounted_touchpoints GROUP BY ALL
),

told AS (
    SELECT
        journey_id,
        phase,
        unnest(['channel', 'device_category']) AS quality,
        unnest([coalesce(channel, '(not set)'), coalesce(device_category, '(not set)')]) AS value,
        contacts
    FROM made
    JOIN recounted_sessions USING (session_id, journey_id)
)

SELECT profile, phase, quality, value, count(DISTINCT journey_id) AS journeys, sum(contacts) AS contacts
FROM told
JOIN recounted_journeys USING (journey_id)
GROUP BY ALL
