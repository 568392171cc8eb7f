CREATE OR REPLACE MACRO sessions_since(period) AS TABLE
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

placed AS (
    SELECT s.person_id, s.session_id, s.journey_id, s.has_conversion, q.begins_on
    FROM sessions AS s
    JOIN quarters AS q ON q.quarter = quarter_of(s.started_at)
),

first_seen AS (
    SELECT p.person_id, min(p.begins_on) AS cohort FROM placed AS p GROUP BY p.person_id
)

SELECT
    f.cohort,
    date_diff(period, f.cohort, p.begins_on) AS period_number,
    p.person_id,
    p.session_id,
    p.journey_id,
    p.has_conversion
FROM placed AS p
JOIN first_seen AS f USING (person_id)
JOIN asked ON asked.is_clear
