-- One row per stay: how long it was watched, until the move to the next phase or, if censored, the end of the watch.
-- Run as a script before phase_metrics, once for all dimensions. A watch ends at as_of at the latest.
DROP TABLE IF EXISTS temp.watches;
DROP TYPE IF EXISTS temp.watch_phase;
CREATE TEMP TYPE watch_phase AS ENUM (SELECT DISTINCT phase FROM stays ORDER BY phase);

CREATE TEMP TABLE watches AS
WITH timed AS (
    SELECT
        *,
        CASE WHEN is_censored THEN seconds_until(entered_at, watched_until, as_of) ELSE dwell_seconds END AS seconds
    FROM stays
    CROSS JOIN run_settings
)

SELECT
    journey_id,
    phase::watch_phase AS phase,
    stay_number = 1 AS is_first_stay,
    row_number() OVER (PARTITION BY journey_id, phase ORDER BY stay_number) = 1 AS is_first_visit,
    is_censored,
    seconds,
    active_seconds,
    -- Twice the microseconds, and one more if censored: at equal times moves come before ends of watches.
    2 * round(seconds * 1e6)::BIGINT + is_censored::BIGINT AS watch_order
FROM timed
