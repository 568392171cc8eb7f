-- One row per phase and segment of $dimension. reached = progressed + dropped_off + still_open + stopped.
-- Reads temp.watches, which watches.sql makes.
WITH phases AS (
    SELECT DISTINCT phase, phase_index, stage FROM lifecycle
),

-- Segments go by number until the end: sorting by texts takes half as long again.
segments AS (
    SELECT segment AS segment_name, (row_number() OVER (ORDER BY segment))::INTEGER AS segment
    FROM (
        SELECT segment FROM journey_segments WHERE dimension = $dimension
        UNION SELECT 'all' WHERE $dimension = 'all'
    )
),

segmented AS (
    SELECT journey_id, segments.segment
    FROM journey_segments
    JOIN segments ON segment_name = journey_segments.segment
    WHERE dimension = $dimension
),

stays_watched AS (
    SELECT segment, watches.* FROM watches JOIN segmented USING (journey_id)
),

furthest AS (
    SELECT
        segment,
        furthest_phase AS phase,
        count(*) AS journeys,
        count(*) FILTER (outcome = 'dropped_off') AS dropped_off,
        count(*) FILTER (outcome = 'open') AS still_open,
        count(*) FILTER (outcome = 'converted') AS stopped,
        count(*) FILTER (is_mature) AS mature,
        count(*) FILTER (is_mature AND outcome = 'dropped_off') AS mature_dropped_off,
        count(*) FILTER (is_mature AND outcome = 'open') AS mature_still_open
    FROM journeys
    JOIN segmented USING (journey_id)
    GROUP BY ALL
),

lengths AS (
    SELECT
        segment,
        phase,
        count(*) AS stays,
        count(*) FILTER (is_first_visit) AS visited,
        count(*) FILTER (is_first_stay) AS entered_here,
        count(*) FILTER (NOT is_censored) AS completed_stays,
        quantile_cont(seconds, [0.5, 0.9]) FILTER (NOT is_censored) AS dwell,
        exact_mean(CASE WHEN NOT is_censored THEN seconds END) AS mean_dwell_seconds,
        quantile_cont(active_seconds, [0.5, 0.9]) FILTER (NOT is_censored) AS active,
        exact_mean(CASE WHEN NOT is_censored THEN active_seconds END) AS mean_active_seconds
    FROM stays_watched
    GROUP BY ALL
),

-- Kaplan-Meier. A move with n at risk leaves (n - 1) / n of them; d moves at one time, taken one by one, leave
-- (n - d) / n, as they would all at once. The block of 128 stays in which half are gone is found first, then the
-- stay in it: to sort all of them twice would take longer than the rest of the mart.
at_risk AS (
    SELECT
        segment, phase, watch_order,
        row_number() OVER (PARTITION BY segment, phase ORDER BY watch_order DESC) AS at_risk
    FROM stays_watched
),

shares AS (
    SELECT
        segment, phase, at_risk,
        at_risk // 128 AS block,
        watch_order // 2 / 1e6 AS seconds,
        CASE watch_order % 2 WHEN 1 THEN 1 ELSE (at_risk - 1) / at_risk END AS share_left
    FROM at_risk
),

blocks AS (
    SELECT segment, phase, block, product(share_left) AS share_left FROM shares GROUP BY ALL
),

block_survival AS (
    SELECT
        segment, phase, block,
        product(share_left) OVER (PARTITION BY segment, phase ORDER BY block DESC) AS surviving
    FROM blocks
),

median_blocks AS (
    SELECT
        segment, phase,
        max(block) FILTER (surviving <= 0.5 + 1e-12) AS block,
        coalesce(min(surviving) FILTER (surviving > 0.5 + 1e-12), 1) AS surviving_before
    FROM block_survival
    GROUP BY ALL
),

survival AS (
    SELECT
        segment, phase, seconds,
        surviving_before * product(share_left) OVER (PARTITION BY segment, phase ORDER BY at_risk DESC) AS surviving
    FROM shares
    JOIN median_blocks USING (segment, phase, block)
),

-- The limit is a hair wider than that of the blocks, so that rounding cannot lose a median between the two.
medians AS (
    SELECT segment, phase, min(seconds) AS km_median_dwell_seconds
    FROM survival
    WHERE surviving <= 0.5 + 2e-12
    GROUP BY ALL
),

counted AS (
    SELECT
        segments.*,
        phases.*,
        sum(coalesce(journeys, 0)) OVER onward AS reached,
        sum(coalesce(mature, 0)) OVER onward AS mature_reached,
        coalesce(journeys, 0) AS furthest_here,
        coalesce(dropped_off, 0) AS dropped_off,
        coalesce(still_open, 0) AS still_open,
        coalesce(stopped, 0) AS stopped,
        coalesce(mature_dropped_off, 0) AS mature_dropped_off,
        coalesce(mature_still_open, 0) AS mature_still_open
    FROM segments
    CROSS JOIN phases
    LEFT JOIN furthest ON furthest.segment = segments.segment AND furthest.phase = phases.phase
    WINDOW onward AS (PARTITION BY segments.segment ORDER BY phases.phase_index DESC)
),

-- What the drop-off rate is taken over: mature journeys that are decided, in phases up to the purchase.
decided AS (
    SELECT *, CASE WHEN stage <> 'after' THEN mature_reached - mature_still_open END AS mature_decided FROM counted
)

SELECT
    $dimension::VARCHAR AS dimension,
    segment_name AS segment,
    decided.phase,
    phase_index,
    reached::BIGINT AS reached,
    coalesce(visited, 0) AS visited,
    coalesce(entered_here, 0) AS entered_here,
    (reached - furthest_here)::BIGINT AS progressed,
    dropped_off,
    still_open,
    stopped,
    mature_reached::BIGINT AS mature_reached,
    mature_dropped_off,
    mature_still_open,
    CASE WHEN mature_decided > 0 THEN mature_dropped_off / mature_decided END AS drop_off_rate,
    wilson_low(mature_dropped_off, mature_decided) AS drop_off_low,
    wilson_high(mature_dropped_off, mature_decided) AS drop_off_high,
    coalesce(stays, 0) AS stays,
    dwell[1] AS median_dwell_seconds,
    mean_dwell_seconds,
    dwell[2] AS p90_dwell_seconds,
    active[1] AS median_active_seconds,
    mean_active_seconds,
    km_median_dwell_seconds,
    active[2] AS p90_active_seconds,
    coalesce(completed_stays, 0) AS completed_stays
FROM decided
LEFT JOIN lengths ON lengths.segment = decided.segment AND lengths.phase::VARCHAR = decided.phase
LEFT JOIN medians ON medians.segment = decided.segment AND medians.phase::VARCHAR = decided.phase
ORDER BY segment_name, phase_index
