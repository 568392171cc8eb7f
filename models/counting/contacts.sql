-- One row per journey, phase (from_state), and channel or device category (part) that the session of a contact has
-- (to_state), of the journeys in temp.recounted; value is how many contacts.
WITH made AS (
    SELECT session_id, phase, count(*) AS contacts
    FROM touchpoints
    SEMI JOIN recounted USING (journey_id)
    GROUP BY ALL
),

visited AS (
    SELECT session_id, journey_id, channel, device_category FROM sessions SEMI JOIN recounted USING (journey_id)
),

told AS (
    SELECT journey_id, 'channel' AS part, phase, channel AS of_session, contacts
    FROM made
    JOIN visited USING (session_id)
    UNION ALL
    SELECT journey_id, 'device_category', phase, device_category, contacts
    FROM made
    JOIN visited USING (session_id)
)

SELECT
    journey_id,
    'contact' AS figure,
    part,
    '' AS level,
    phase AS from_state,
    coalesce(of_session, '(not set)') AS to_state,
    sum(contacts)::BIGINT AS value
FROM told
GROUP BY ALL
