CREATE OR REPLACE MACRO retention(period) AS TABLE
WITH asked AS MATERIALIZED (
    SELECT CASE
        WHEN period NOT IN ('day', 'week', 'month')
            THEN error('period is ''' || period || '''; it is one of day, week and month')
        ELSE true
    END AS is_clear
),

-- Local days are told of quarters of an hour, not of every session.
quarters AS (
    SELECT
        q.quarter,
        date_trunc(period, local_day(q.quarter, r.timezone))::DATE AS begins_on
    FROM (SELECT DISTINCT quarter_of(s.started_at) AS quarter FROM sessions AS s) AS q
    CROSS JOIN run_settings AS r
),

came AS (
    SELECT s.person_id, q.begins_on, bool_or(s.has_conversion) AS has_bought
    FROM sessions AS s
    JOIN quarters AS q ON q.quarter = quarter_of(s.started_at)
    GROUP BY ALL
),

numbered AS (
    SELECT
        c.person_id,
        c.has_bought,
        min(c.begins_on) OVER (PARTITION BY c.person_id) AS cohort,
        date_diff(period, min(c.begins_on) OVER (PARTITION BY c.person_id), c.begins_on) AS period_number
    FROM came AS c
),

cohorts_of AS (
    SELECT n.cohort, count(*) AS persons FROM numbered AS n WHERE n.period_number = 0 GROUP BY n.cohort
),

returned AS (
    SELECT n.cohort, n.period_number, count(*) AS returned, count(*) FILTER (n.has_bought) AS purchasers
    FROM numbered AS n
    GROUP BY ALL
),

-- The day after the last one loaded: a period that ends later is not over.
loaded AS (
    SELECT local_day(quarter_of(r.as_of), r.timezone) AS ends_on FROM run_settings AS r
),

cells AS (
    SELECT
        c.cohort,
        c.persons,
        loaded.ends_on,
        unnest(range(0, date_diff(period, c.cohort, loaded.ends_on - 1) + 1)) AS period_number
    FROM cohorts_of AS c
    CROSS JOIN loaded
),

judged AS (
    SELECT
        c.cohort,
        c.period_number,
        c.persons,
        coalesce(r.returned, 0) AS returned,
        coalesce(r.purchasers, 0) AS purchasers,
        c.cohort + to_months(CASE period WHEN 'month' THEN c.period_number + 1 ELSE 0 END::INTEGER)
            + to_days(CASE period WHEN 'week' THEN 7 WHEN 'day' THEN 1 ELSE 0 END * (c.period_number + 1)::INTEGER)
            <= c.ends_on AS is_over
    FROM cells AS c
    LEFT JOIN returned AS r USING (cohort, period_number)
)

SELECT
    j.cohort,
    j.period_number,
    j.persons,
    j.returned,
    j.purchasers,
    j.is_over,
    CASE WHEN j.is_over THEN j.returned / j.persons END AS returned_share,
    CASE WHEN j.is_over THEN wilson_low(j.returned, j.persons) END AS returned_low,
    CASE WHEN j.is_over THEN wilson_high(j.returned, j.persons) END AS returned_high
FROM judged AS j
JOIN asked ON asked.is_clear
ORDER BY j.cohort, j.period_number
