-- One row per segment and kind of some figures: median and 90th percentile of its values, seconds, interpolated linearly.
-- A macro that reads the counts by value alone.
CREATE OR REPLACE TEMP MACRO quantiles_of(figures) AS TABLE
WITH placed AS (
    SELECT
        segment_number, kind, counted_value,
        sum(fact_count) OVER (PARTITION BY segment_number, kind ORDER BY counted_value) AS upto,
        sum(fact_count) OVER (PARTITION BY segment_number, kind) - 1 AS last_place
    FROM fact_counts
    JOIN fact_kinds USING (kind)
    WHERE figure IN figures AND counted_value IS NOT NULL
),

-- The place of a quantile, counted from 0, lies between two values, or on one.
found AS (
    SELECT
        segment_number,
        kind,
        any_value(last_place) * share AS place,
        share,
        min(counted_value) FILTER (upto > floor(last_place * share)) AS low,
        min(counted_value) FILTER (upto > ceil(last_place * share)) AS high
    FROM placed
    CROSS JOIN (VALUES (0.5::DOUBLE), (0.9::DOUBLE)) AS s(share)
    GROUP BY segment_number, kind, share
)

SELECT
    segment_number,
    kind,
    max((low + (high - low) * (place % 1)) / 1e6) FILTER (share = 0.5) AS median,
    max((low + (high - low) * (place % 1)) / 1e6) FILTER (share = 0.9) AS p90
FROM found
GROUP BY ALL;
