-- One row per phase and time after entering it: the share that is still there, open journeys counted while watched
-- (Kaplan-Meier), with its 95 % interval. Null past the end of the last watch.
WITH times AS (
    SELECT unnest([60, 600, 3600, 21600, 86400, 259200, 604800, 1209600, 2592000]) AS after_seconds
),

curves AS (
    SELECT *, max(seconds) OVER (PARTITION BY phase) AS last_seconds
    FROM dwell_curves
    WHERE dimension = $dimension AND segment = $segment
)

SELECT
    phase,
    after_seconds,
    max_by(surviving, seconds) FILTER (after_seconds <= last_seconds) AS surviving_share,
    max_by(surviving_low, seconds) FILTER (after_seconds <= last_seconds) AS surviving_low,
    max_by(surviving_high, seconds) FILTER (after_seconds <= last_seconds) AS surviving_high
FROM curves
JOIN times ON seconds <= after_seconds
JOIN (SELECT DISTINCT phase, phase_index FROM lifecycle) USING (phase)
GROUP BY phase, phase_index, after_seconds
ORDER BY phase_index, after_seconds
