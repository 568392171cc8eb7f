-- One row per phase, touchpoint and segment at which journeys ended that dropped off.
-- Reads the counts of facts that models/counting/exits.sql makes.
WITH exits AS (
    SELECT
        dimension, segment, from_state AS phase, to_state AS touchpoint, sum(fact_count)::BIGINT AS dropped_off
    FROM fact_counts
    JOIN fact_kinds USING (kind)
    JOIN segments USING (segment_number)
    WHERE figure = 'exit'
    GROUP BY ALL
)

SELECT
    dimension,
    segment,
    phase,
    touchpoint,
    dropped_off,
    dropped_off / sum(dropped_off) OVER (PARTITION BY dimension, segment) AS share,
    sum(dropped_off) OVER (
        PARTITION BY dimension, segment
        ORDER BY dropped_off DESC, phase, touchpoint
        ROWS UNBOUNDED PRECEDING
    ) / sum(dropped_off) OVER (PARTITION BY dimension, segment) AS cumulative_share
FROM exits
ORDER BY ALL
