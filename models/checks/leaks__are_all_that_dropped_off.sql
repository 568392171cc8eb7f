-- The leaks of a phase sum to the journeys that dropped off in it.
SELECT dimension, segment, phase, p.dropped_off, coalesce(l.dropped_off, 0) AS in_leaks
FROM phase_metrics AS p
FULL JOIN (
    SELECT dimension, segment, phase, sum(dropped_off) AS dropped_off FROM leaks GROUP BY ALL
) AS l USING (dimension, segment, phase)
WHERE p.dropped_off IS DISTINCT FROM coalesce(l.dropped_off, 0)
