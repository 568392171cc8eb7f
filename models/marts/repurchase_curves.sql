-- One row per segment, kind and step of the curve of the time from the first purchase until the next purchase or visit in
-- a later session: who is there, buys or comes again, and goes out of watch. transforms/survival.py tells the share that
-- has not yet, product by product in the order of time.
WITH watched AS (
    SELECT
        person_id,
        kind,
        again_at IS NOT NULL AS is_again,
        rounded_duration(
            greatest(epoch_us(least(coalesce(again_at, as_of), as_of)) - epoch_us(least(first_purchase_at, as_of)), 0)
        ) AS duration
    FROM counted_people
    CROSS JOIN run_settings
    CROSS JOIN LATERAL (VALUES ('repurchase', repurchased_at), ('return', returned_at)) AS later(kind, again_at)
    WHERE first_purchase_at IS NOT NULL
),

durations AS (
    SELECT dimension, segment, kind, duration, count(*) FILTER (is_again) AS happened, count(*) AS gone
    FROM purchaser_segments
    JOIN watched USING (person_id)
    JOIN segments USING (segment_number)
    GROUP BY ALL
),

counted AS (
    SELECT *, sum(gone) OVER (PARTITION BY dimension, segment, kind ORDER BY duration DESC) AS at_risk FROM durations
),

-- All begin at 0. Then a step where somebody is there again, and last where the last watch ends.
steps AS (
    SELECT
        dimension, segment, kind, 0 AS duration, max(at_risk) AS at_risk,
        coalesce(max(happened) FILTER (duration = 0), 0) AS happened
    FROM counted
    GROUP BY ALL
    UNION ALL
    SELECT dimension, segment, kind, duration, at_risk, happened
    FROM counted
    WHERE duration > 0
    QUALIFY happened > 0 OR duration = max(duration) OVER (PARTITION BY dimension, segment, kind)
)

SELECT
    dimension,
    segment,
    kind,
    duration / 1e6 AS seconds,
    at_risk::BIGINT AS at_risk,
    happened::BIGINT AS happened,
    (at_risk - happened - lead(at_risk, 1, 0) OVER (PARTITION BY dimension, segment, kind ORDER BY duration))::BIGINT
        AS watch_ends
FROM steps
ORDER BY ALL
