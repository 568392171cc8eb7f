-- One row per phase: what became of the journeys there. Rates are taken over mature journeys, with 95 % intervals.
SELECT
    phase,
    reached,
    visited,
    progressed,
    stopped,
    still_open,
    dropped_off,
    still_open / nullif(reached, 0) AS open_share,
    drop_off_rate,
    drop_off_low,
    drop_off_high
FROM phase_metrics
WHERE dimension = $dimension AND segment = $segment
ORDER BY phase_index
