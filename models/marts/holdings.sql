-- One row per journey and touchpoint that it has: what `touchpoint_metrics` counts, made once for all dimensions.
-- Run as a script.
DROP TABLE IF EXISTS temp.holdings;

CREATE TEMP TABLE holdings AS
WITH held AS (
    SELECT journey_id, phase, touchpoint, count(*) AS contacts, min(position) AS first_position
    FROM touchpoints
    GROUP BY ALL
)

SELECT
    journey_id,
    phase,
    touchpoint,
    contacts,
    is_mature AND outcome <> 'open'
        AND first_position <= coalesce(touchpoints_before_purchase, touchpoint_count) AS is_decided,
    outcome = 'converted' AS is_converted
FROM held
JOIN journeys USING (journey_id)
