CREATE OR REPLACE MACRO funnel_journeys(
    steps,
    step,
    figure := 'reached',
    within := NULL,
    ordered := 'loose',
    level := 'touchpoint',
    dimension := 'all',
    segment := 'all'
) AS TABLE
WITH asked AS MATERIALIZED (
    SELECT CASE
        WHEN step NOT BETWEEN 1 AND len(steps)
            THEN error('step is ' || step || '; it is a number from 1 to ' || len(steps))
        WHEN figure NOT IN ('reached', 'progressed', 'dropped_off', 'still_open', 'stopped', 'drop_off_rate')
            THEN error('funnel_journeys opens no figure ''' || figure || '''; its comment names those it opens')
        WHEN dimension <> 'all' AND dimension NOT IN (SELECT k.dimension FROM kpis AS k)
            THEN error('no segments are of dimension ''' || dimension || '''; table kpis names those there are')
        ELSE true
    END AS is_clear
),

taken AS (
    SELECT t.journey_id, t.steps_taken FROM steps_of(steps, within := within, ordered := ordered, level := level) AS t
)

SELECT j.*, t.steps_taken
FROM journeys AS j
JOIN asked ON asked.is_clear
JOIN taken AS t USING (journey_id)
SEMI JOIN (
    SELECT g.journey_id FROM journey_segments AS g WHERE g.dimension = dimension AND g.segment = segment
) AS chosen USING (journey_id)
WHERE t.steps_taken >= step
    AND CASE figure
        WHEN 'reached' THEN true
        WHEN 'progressed' THEN t.steps_taken > step
        WHEN 'drop_off_rate' THEN j.is_mature AND (t.steps_taken > step OR j.outcome <> 'open')
        ELSE t.steps_taken = step
            AND j.outcome = CASE figure
                WHEN 'dropped_off' THEN 'dropped_off' WHEN 'still_open' THEN 'open' ELSE 'converted'
            END
    END
ORDER BY j.started_at, j.journey_id
