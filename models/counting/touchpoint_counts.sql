-- One row per profile, touchpoint, and whether journeys are decided and converted: journeys that have it, and how often.
-- A journey is decided that is mature, not open, and has it before the first conversion if any.
WITH held AS (
    SELECT journey_id, phase, touchpoint, count(*) AS contacts, min(position) AS first_position
    FROM recounted_touchpoints
    GROUP BY ALL
)

SELECT
    profile,
    phase,
    touchpoint,
    coalesce(
        is_mature AND outcome <> 'open' AND first_position <= coalesce(touchpoints_before_purchase, touchpoint_count),
        false
    ) AS is_decided,
    outcome = 'converted' AS is_converted,
    count(*) AS journeys,
    sum(contacts) AS contacts
FROM held
JOIN recounted_journeys USING (journey_id)
GROUP BY ALL
