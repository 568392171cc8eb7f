-- One row per segment, phase and step of the curve of the time until people move on: who is there, moves and goes out of
-- watch. transforms/survival.py tells the share that is still there, product by product in the order of time.
WITH counted AS (
    SELECT dimension, segment, phase, duration, moves, at_risk
    FROM stays_at_risk(dimensions := ['all', 'persona', 'customer', 'device_category'])
    JOIN segments USING (segment_number)
),

-- All begin at 0. Then a step where somebody moves on, and last where the last watch ends.
steps AS (
    SELECT
        dimension, segment, phase, 0 AS duration, max(at_risk) AS at_risk,
        coalesce(max(moves) FILTER (duration = 0), 0) AS moved
    FROM counted
    GROUP BY ALL
    UNION ALL
    SELECT dimension, segment, phase, duration, at_risk, moves
    FROM counted
    WHERE duration > 0
    QUALIFY moves > 0 OR duration = max(duration) OVER (PARTITION BY dimension, segment, phase)
)

SELECT
    dimension,
    segment,
    phase,
    duration / 1e6 AS seconds,
    at_risk::BIGINT AS at_risk,
    moved::BIGINT AS moved,
    (at_risk - moved - lead(at_risk, 1, 0) OVER (PARTITION BY dimension, segment, phase ORDER BY duration))::BIGINT
        AS watch_ends
FROM steps
ORDER BY ALL
