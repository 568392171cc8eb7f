-- reached = progressed + dropped_off + still_open + stopped, and progressed is what reached the next phase.
SELECT dimension, segment, phase, reached
FROM (
    SELECT
        *,
        lead(reached, 1, 0) OVER (PARTITION BY dimension, segment ORDER BY phase_index) AS reached_next
    FROM phase_metrics
)
WHERE reached <> progressed + dropped_off + still_open + stopped OR progressed <> reached_next
