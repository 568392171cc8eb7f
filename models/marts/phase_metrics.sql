-- One row per phase and segment. reached = progressed + dropped_off + still_open + stopped.
WITH phases AS (
    SELECT DISTINCT phase, phase_index, stage FROM lifecycle
),

present AS (
    SELECT *
    FROM segments
    WHERE dimension = 'all' OR segment_number IN (SELECT segment_number FROM journey_outcome_counts)
),

furthest AS (
    SELECT
        segment_number,
        furthest_phase AS phase,
        sum(c.journeys) AS journeys,
        sum(c.journeys) FILTER (outcome = 'dropped_off') AS dropped_off,
        sum(c.journeys) FILTER (outcome = 'open') AS still_open,
        sum(c.journeys) FILTER (outcome = 'converted') AS stopped,
        sum(c.journeys) FILTER (is_mature) AS mature,
        sum(c.journeys) FILTER (is_mature AND outcome = 'dropped_off') AS mature_dropped_off,
        sum(c.journeys) FILTER (is_mature AND outcome = 'open') AS mature_still_open
    FROM journey_outcome_counts AS c
    GROUP BY ALL
),

placed AS (
    SELECT
        segment_number, phase, measure, stays, total,
        duration,
        sum(stays) OVER (measured ORDER BY duration) AS upto,
        sum(stays) OVER measured AS all_stays
    FROM stay_duration_counts
    SEMI JOIN segments USING (segment_number)
    WHERE measure <> 'watch'
    WINDOW measured AS (PARTITION BY segment_number, phase, measure)
),

quantiles AS (
    SELECT
        segment_number, phase, measure,
        sum(total) / 1e6 / all_stays AS mean,
        counted_quantile(duration, upto, all_stays, 0.5) / 1e6 AS median,
        counted_quantile(duration, upto, all_stays, 0.9) / 1e6 AS p90
    FROM placed
    GROUP BY segment_number, phase, measure, all_stays
),

lengths AS (
    SELECT
        segment_number,
        phase,
        max(mean) FILTER (measure = 'dwell') AS mean_dwell_seconds,
        max(median) FILTER (measure = 'dwell') AS median_dwell_seconds,
        max(p90) FILTER (measure = 'dwell') AS p90_dwell_seconds,
        max(mean) FILTER (measure = 'active') AS mean_active_seconds,
        max(median) FILTER (measure = 'active') AS median_active_seconds,
        max(p90) FILTER (measure = 'active') AS p90_active_seconds
    FROM quantiles
    GROUP BY ALL
),

stays_of_phase AS (
    SELECT segment_number, phase, sum(stays) AS stays, coalesce(sum(stays) FILTER (is_completed), 0) AS completed_stays
    FROM (
        SELECT segment_number, phase, measure = 'dwell' AS is_completed, stays
        FROM stay_duration_counts
        WHERE measure <> 'active'
        UNION ALL
        SELECT segment_number, phase, false, stays FROM running_watch_counts
    )
    GROUP BY ALL
),

funnel AS (
    SELECT
        present.*,
        phases.*,
        sum(coalesce(journeys, 0)) OVER onward AS reached,
        sum(coalesce(mature, 0)) OVER onward AS mature_reached,
        coalesce(journeys, 0) AS furthest_here,
        coalesce(dropped_off, 0) AS dropped_off,
        coalesce(still_open, 0) AS still_open,
        coalesce(stopped, 0) AS stopped,
        coalesce(mature_dropped_off, 0) AS mature_dropped_off,
        coalesce(mature_still_open, 0) AS mature_still_open
    FROM present
    CROSS JOIN phases
    LEFT JOIN furthest USING (segment_number, phase)
    WINDOW onward AS (PARTITION BY present.segment_number ORDER BY phase_index DESC)
),

-- What the drop-off rate is taken over: mature journeys that are decided, in phases up to the purchase.
decided AS (
    SELECT *, CASE WHEN stage <> 'after' THEN mature_reached - mature_still_open END AS mature_decided FROM funnel
)

SELECT
    dimension,
    segment,
    phase,
    phase_index,
    reached::BIGINT AS reached,
    coalesce(visited, 0)::BIGINT AS visited,
    coalesce(entered, 0)::BIGINT AS entered_here,
    (reached - furthest_here)::BIGINT AS progressed,
    dropped_off::BIGINT AS dropped_off,
    still_open::BIGINT AS still_open,
    stopped::BIGINT AS stopped,
    mature_reached::BIGINT AS mature_reached,
    mature_dropped_off::BIGINT AS mature_dropped_off,
    mature_still_open::BIGINT AS mature_still_open,
    CASE WHEN mature_decided > 0 THEN mature_dropped_off / mature_decided END AS drop_off_rate,
    wilson_low(mature_dropped_off, mature_decided) AS drop_off_low,
    wilson_high(mature_dropped_off, mature_decided) AS drop_off_high,
    coalesce(stays, 0)::BIGINT AS stays,
    median_dwell_seconds,
    mean_dwell_seconds,
    p90_dwell_seconds,
    median_active_seconds,
    mean_active_seconds,
    s.median AS km_median_dwell_seconds,
    p90_active_seconds,
    coalesce(completed_stays, 0)::BIGINT AS completed_stays
FROM decided
LEFT JOIN lengths USING (segment_number, phase)
LEFT JOIN stays_of_phase USING (segment_number, phase)
LEFT JOIN phase_visit_counts USING (segment_number, phase)
LEFT JOIN survival_medians() AS s USING (segment_number, phase)
ORDER BY dimension, segment, phase_index
