-- The Kaplan-Meier median is the first time at which the curve is down at a half, and there is none where it never is.
WITH crossings AS (
    SELECT dimension, segment, phase, min(seconds) FILTER (surviving <= 0.5 + 1e-12) AS crossed_at
    FROM dwell_curves
    GROUP BY ALL
)

SELECT dimension, segment, phase, crossed_at, km_median_dwell_seconds
FROM crossings
JOIN phase_metrics USING (dimension, segment, phase)
WHERE crossed_at IS DISTINCT FROM km_median_dwell_seconds
