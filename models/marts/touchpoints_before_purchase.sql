-- One row per number of touchpoints before the first conversion and segment, over converted journeys.
WITH counted AS (
    SELECT segment_number, touchpoints_before_purchase AS touchpoint_count, sum(c.journeys)::BIGINT AS journeys
    FROM purchase_counts AS c
    WHERE outcome = 'converted'
    GROUP BY ALL
)

SELECT
    dimension,
    segment,
    touchpoint_count,
    journeys,
    journeys / sum(journeys) OVER (PARTITION BY segment_number) AS share,
    sum(journeys) OVER (PARTITION BY segment_number ORDER BY touchpoint_count)
        / sum(journeys) OVER (PARTITION BY segment_number) AS cumulative_share
FROM counted
JOIN segments USING (segment_number)
ORDER BY ALL
