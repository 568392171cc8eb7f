-- One row per move, level, segment and group of persons: what the chain of mature decided journeys is made of, with the
-- mean revenue of a converted journey of the segment. Reads the counts of `decided_move` facts, which
-- models/counting/moves.sql makes; they are counted by the group. transforms/levers.py tells the levers from it.
SELECT
    dimension,
    segment,
    level,
    from_state,
    to_state,
    counted_value AS person_group,
    fact_count AS decided_count,
    CASE WHEN converted > 0 THEN revenue / converted END AS mean_revenue
FROM fact_counts
JOIN fact_kinds USING (kind)
JOIN segments USING (segment_number)
JOIN kpis USING (dimension, segment)
WHERE figure = 'decided_move'
ORDER BY ALL
