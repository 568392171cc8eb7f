-- One row per phase, touchpoint and segment at which journeys ended that dropped off.
WITH exits AS (
    SELECT
        dimension, segment, furthest_phase AS phase, lost_at AS touchpoint, sum(journeys)::BIGINT AS dropped_off
    FROM journey_outcome_counts
    JOIN segments USING (segment_number)
    WHERE lost_at <> ''
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
