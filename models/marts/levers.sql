-- One row per move, level, segment and group of persons: what the chain of mature decided journeys is made of, with the
-- mean revenue of a converted journey of the segment. transforms/levers.py tells the levers from it.
SELECT
    dimension,
    segment,
    level,
    from_state,
    to_state,
    person_group,
    transitions AS decided_count,
    CASE WHEN converted > 0 THEN revenue / converted END AS mean_revenue
FROM decided_transition_counts
JOIN edges USING (edge)
JOIN segments USING (segment_number)
JOIN kpis USING (dimension, segment)
ORDER BY ALL
