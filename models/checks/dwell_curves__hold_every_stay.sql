-- A curve begins with all stays of its phase, and each of them is left once or goes out of watch.
SELECT dimension, segment, phase, stays, begun, gone, completed_stays, moved
FROM (
    FROM phase_metrics
    WHERE dimension IN ('all', 'persona', 'customer', 'device_category') AND stays > 0
)
FULL JOIN (
    SELECT
        dimension, segment, phase,
        max(at_risk) FILTER (seconds = 0) AS begun,
        sum(moved) AS moved,
        sum(moved + watch_ends) AS gone
    FROM dwell_curves
    GROUP BY ALL
) USING (dimension, segment, phase)
WHERE stays IS DISTINCT FROM begun OR stays IS DISTINCT FROM gone OR completed_stays IS DISTINCT FROM moved
