-- One row per phase and segment. reached = progressed + dropped_off + still_open + stopped.
-- Reads the counts of facts on journeys and stays, which models/counting/journeys.sql and stays.sql make.
WITH phases AS (
    SELECT DISTINCT phase, phase_index, stage FROM lifecycle
),

counted AS (
    SELECT
        segment_number, kind, figure, part, from_state AS phase, to_state AS outcome,
        sum(fact_count) AS fact_count, sum(total) / 1e6 AS seconds
    FROM fact_counts
    JOIN fact_kinds USING (kind)
    WHERE figure IN ('journey', 'visit', 'entry', 'dwell', 'active', 'held', 'running')
    GROUP BY ALL
),

present AS (
    SELECT segment_number, dimension, segment
    FROM segments
    WHERE dimension = 'all' OR segment_number IN (SELECT segment_number FROM counted WHERE figure = 'journey')
),

furthest AS (
    SELECT
        segment_number,
        phase,
        sum(fact_count) AS journeys,
        sum(fact_count) FILTER (outcome = 'dropped_off') AS dropped_off,
        sum(fact_count) FILTER (outcome = 'open') AS still_open,
        sum(fact_count) FILTER (outcome = 'converted') AS stopped,
        sum(fact_count) FILTER (part = 'mature') AS mature,
        sum(fact_count) FILTER (part = 'mature' AND outcome = 'dropped_off') AS mature_dropped_off,
        sum(fact_count) FILTER (part = 'mature' AND outcome = 'open') AS mature_still_open
    FROM counted
    WHERE figure = 'journey'
    GROUP BY ALL
),

lengths AS (
    SELECT
        segment_number,
        phase,
        sum(fact_count) FILTER (figure = 'visit') AS visited,
        sum(fact_count) FILTER (figure = 'entry') AS entered_here,
        sum(fact_count) FILTER (figure IN ('dwell', 'held', 'running')) AS stays,
        sum(fact_count) FILTER (figure = 'dwell') AS completed_stays,
        sum(seconds) FILTER (figure = 'dwell') / completed_stays AS mean_dwell_seconds,
        sum(seconds) FILTER (figure = 'active') / completed_stays AS mean_active_seconds,
        max(median) FILTER (figure = 'dwell') AS median_dwell_seconds,
        max(p90) FILTER (figure = 'dwell') AS p90_dwell_seconds,
        max(median) FILTER (figure = 'active') AS median_active_seconds,
        max(p90) FILTER (figure = 'active') AS p90_active_seconds
    FROM counted
    LEFT JOIN quantiles_of(['dwell', 'active']) USING (segment_number, kind)
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
    coalesce(entered_here, 0)::BIGINT AS entered_here,
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
LEFT JOIN survival_medians() AS s USING (segment_number, phase)
ORDER BY dimension, segment, phase_index
