-- One row per figure of a day told before that is another now, with what came or went since.
-- Reads the temporary table figures_now, shaped as day_figures, and the parameter now.
WITH told_before AS (
    SELECT day, table_name, figure, value FROM day_figures
),

changed AS (
    SELECT day, table_name, figure, b.value AS before, n.value AS after
    FROM told_before AS b
    LEFT JOIN figures_now AS n USING (day, table_name, figure)
    WHERE b.value IS DISTINCT FROM n.value
),

of_day AS (
    SELECT export_day AS day, string_agg(what, ', ' ORDER BY what) AS why
    FROM arrivals
    WHERE export_day IS NOT NULL
    GROUP BY export_day
),

of_all AS (
    SELECT string_agg(what, ', ' ORDER BY export_day NULLS FIRST, what) FILTER (place <= 5)
        || CASE WHEN count(*) > 5 THEN ' and ' || count(*) - 5 || ' more' ELSE '' END AS why
    FROM (SELECT *, row_number() OVER (ORDER BY export_day NULLS FIRST, what) AS place FROM arrivals)
)

SELECT
    $now::TIMESTAMP AS restated_at,
    day,
    table_name,
    figure,
    before,
    after,
    coalesce(of_day.why, of_all.why, 'time passed: durations and outcomes are counted up to a later as_of') AS why
FROM changed
LEFT JOIN of_day USING (day)
CROSS JOIN of_all
