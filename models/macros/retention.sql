CREATE OR REPLACE MACRO retention(period) AS TABLE
WITH numbered AS (
    SELECT s.person_id, s.cohort, s.period_number, bool_or(s.has_conversion) AS has_bought
    FROM sessions_since(period) AS s
    GROUP BY ALL
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
ORDER BY j.cohort, j.period_number
