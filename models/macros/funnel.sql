CREATE OR REPLACE MACRO funnel(
    steps, within := NULL, ordered := 'loose', level := 'touchpoint', dimension := 'all'
) AS TABLE
WITH asked AS MATERIALIZED (
    SELECT CASE
        WHEN dimension <> 'all' AND dimension NOT IN (SELECT k.dimension FROM kpis AS k)
            THEN error('no segments are of dimension ''' || dimension || '''; table kpis names those there are')
        ELSE true
    END AS is_clear
),

stairs AS (
    SELECT unnest(range(1, len(steps) + 1))::INTEGER AS step_number, unnest(steps) AS step
),

taken AS (
    SELECT t.journey_id, t.steps_taken FROM steps_of(steps, within := within, ordered := ordered, level := level) AS t
),

segmented AS (
    SELECT g.segment, g.journey_id FROM journey_segments AS g WHERE g.dimension = dimension
),

counted AS (
    SELECT g.segment, f.steps_taken, j.outcome, j.is_mature, count(*) AS journeys
    FROM segmented AS g
    JOIN journeys AS j USING (journey_id)
    LEFT JOIN taken AS f USING (journey_id)
    GROUP BY ALL
),

told AS (
    SELECT
        c.segment,
        stairs.step_number,
        stairs.step,
        coalesce(sum(c.journeys) FILTER (c.steps_taken >= stairs.step_number), 0) AS reached,
        coalesce(sum(c.journeys) FILTER (c.steps_taken > stairs.step_number), 0) AS progressed,
        coalesce(sum(c.journeys) FILTER (c.steps_taken = stairs.step_number AND c.outcome = 'dropped_off'), 0)
            AS dropped_off,
        coalesce(sum(c.journeys) FILTER (c.steps_taken = stairs.step_number AND c.outcome = 'open'), 0) AS still_open,
        coalesce(sum(c.journeys) FILTER (c.steps_taken = stairs.step_number AND c.outcome = 'converted'), 0) AS stopped,
        coalesce(sum(c.journeys) FILTER (c.steps_taken >= stairs.step_number AND c.is_mature), 0) AS mature_reached,
        coalesce(sum(c.journeys) FILTER (
            c.steps_taken = stairs.step_number AND c.is_mature AND c.outcome = 'dropped_off'
        ), 0) AS mature_dropped_off,
        coalesce(sum(c.journeys) FILTER (
            c.steps_taken = stairs.step_number AND c.is_mature AND c.outcome = 'open'
        ), 0) AS mature_still_open
    FROM counted AS c
    CROSS JOIN stairs
    GROUP BY ALL
)

SELECT
    dimension AS dimension,
    told.segment,
    told.step_number,
    told.step,
    told.reached::BIGINT AS reached,
    told.reached / nullif(first(told.reached) OVER staircase, 0) AS reached_share,
    told.progressed::BIGINT AS progressed,
    told.dropped_off::BIGINT AS dropped_off,
    told.still_open::BIGINT AS still_open,
    told.stopped::BIGINT AS stopped,
    told.mature_dropped_off / nullif(told.mature_reached - told.mature_still_open, 0) AS drop_off_rate,
    wilson_low(told.mature_dropped_off, told.mature_reached - told.mature_still_open) AS drop_off_low,
    wilson_high(told.mature_dropped_off, told.mature_reached - told.mature_still_open) AS drop_off_high
FROM told
JOIN asked ON asked.is_clear
WINDOW staircase AS (PARTITION BY told.segment ORDER BY told.step_number)
ORDER BY told.segment, told.step_number
