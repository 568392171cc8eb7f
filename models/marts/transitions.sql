-- One row per transition between states, part, level and segment. All are counted; none is cut off.
-- Reads the counts of `move` and `decided_move` facts, which models/counting/moves.sql makes.
WITH counted AS (
    SELECT segment_number, kind, sum(fact_count) AS transition_count
    FROM fact_counts
    JOIN fact_kinds USING (kind)
    WHERE figure = 'move'
    GROUP BY ALL
),

decided AS (
    SELECT segment_number, part, level, from_state, to_state, sum(fact_count)::BIGINT AS decided_count
    FROM fact_counts
    JOIN fact_kinds USING (kind)
    WHERE figure = 'decided_move'
    GROUP BY ALL
)

SELECT
    part,
    level,
    dimension,
    segment,
    from_state,
    to_state,
    transition_count::BIGINT AS transition_count,
    transition_count / sum(transition_count) OVER (PARTITION BY part, level, dimension, segment, from_state)
        AS probability,
    median AS median_seconds,
    p90 AS p90_seconds,
    CASE part WHEN 'to_purchase' THEN coalesce(decided_count, 0) END AS decided_count
FROM counted
JOIN fact_kinds USING (kind)
JOIN segments USING (segment_number)
LEFT JOIN decided USING (segment_number, part, level, from_state, to_state)
LEFT JOIN quantiles_of(['move']) USING (segment_number, kind)
ORDER BY ALL
