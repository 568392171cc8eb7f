-- One row per number of touchpoints before the first conversion and segment of $dimension, over converted journeys.
WITH purchases AS (
    SELECT segment, touchpoints_before_purchase AS touchpoint_count
    FROM journeys
    JOIN journey_segments USING (journey_id)
    WHERE dimension = $dimension AND outcome = 'converted'
),

counted AS (
    SELECT segment, touchpoint_count, count(*) AS journeys FROM purchases GROUP BY ALL
)

SELECT
    $dimension::VARCHAR AS dimension,
    segment,
    touchpoint_count,
    journeys,
    journeys / sum(journeys) OVER (PARTITION BY segment) AS share,
    sum(journeys) OVER (PARTITION BY segment ORDER BY touchpoint_count)
        / sum(journeys) OVER (PARTITION BY segment) AS cumulative_share
FROM counted
ORDER BY ALL
