-- One row per phase: how long its stays took, seconds.
SELECT
    phase, stays, completed_stays, km_median_dwell_seconds, median_dwell_seconds, p90_dwell_seconds
FROM phase_metrics
WHERE dimension = $dimension AND segment = $segment
ORDER BY phase_index
