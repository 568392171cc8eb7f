-- One row per segment and kind of some figures: median and 90th percentile of its values, seconds, interpolated linearly.
-- A macro that reads the counts and, of the facts, only those in the buckets that hold the values in question: all of
-- them once, so a statement asks for all figures that it needs together.
CREATE OR REPLACE TEMP MACRO quantiles_of(figures) AS TABLE
WITH placed AS (
    SELECT
        segment_number, kind, bucket, fact_count,
        sum(fact_count) OVER (PARTITION BY segment_number, kind ORDER BY bucket) - fact_count AS before,
        sum(fact_count) OVER (PARTITION BY segment_number, kind) AS all_counted
    FROM fact_counts
    JOIN fact_kinds USING (kind)
    WHERE figure IN figures AND bucket IS NOT NULL
),

-- The place of a quantile lies between two facts, or on one.
asked AS (
    SELECT DISTINCT segment_number, kind, share, (all_counted - 1) * share AS place
    FROM placed
    CROSS JOIN (VALUES (0.5::DOUBLE), (0.9::DOUBLE)) AS s(share)
),

neighbours AS (
    SELECT *, unnest([floor(place), ceil(place)]) AS neighbour FROM asked
),

wanted AS (
    SELECT segment_number, kind, bucket, share, place, neighbour - before AS place_in_bucket
    FROM neighbours
    JOIN placed USING (segment_number, kind)
    WHERE neighbour >= before AND neighbour < before + fact_count
),

picked AS (
    SELECT profile, kind, bucket, value, count(*) AS fact_count
    FROM journey_facts
    ANTI JOIN taken_off USING (journey)
    WHERE (kind, bucket) IN (SELECT kind, bucket FROM wanted)
    GROUP BY ALL
),

spread AS (
    SELECT segment_number, kind, bucket, value, sum(fact_count) AS fact_count
    FROM picked
    JOIN profiles USING (profile)
    WHERE (segment_number, kind, bucket) IN (SELECT segment_number, kind, bucket FROM wanted)
    GROUP BY ALL
),

ranked AS (
    SELECT *, sum(fact_count) OVER (PARTITION BY segment_number, kind, bucket ORDER BY value) AS upto FROM spread
),

found AS (
    SELECT segment_number, kind, share, min(value) / 1e6 AS low, max(value) / 1e6 AS high, any_value(place % 1) AS part
    FROM wanted
    JOIN ranked USING (segment_number, kind, bucket)
    WHERE place_in_bucket < upto AND place_in_bucket >= upto - fact_count
    GROUP BY ALL
)

SELECT
    segment_number,
    kind,
    max(low + (high - low) * part) FILTER (share = 0.5) AS median,
    max(low + (high - low) * part) FILTER (share = 0.9) AS p90
FROM found
GROUP BY ALL;
