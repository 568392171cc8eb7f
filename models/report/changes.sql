-- One row per figure: what the period came to, and the period before it; none where a day of either is not loaded.
SELECT
    figure,
    sum(value) FILTER (day BETWEEN $first AND $last) AS value_now,
    sum(value) FILTER (day BETWEEN $first_before AND $last_before) AS value_before,
    value_now / nullif(value_before, 0) - 1 AS change,
    CASE WHEN figure = 'revenue' THEN (SELECT currency FROM run_settings) END AS currency
FROM day_figures
WHERE figure IN ('sessions_started', 'journeys_started', 'conversions', 'revenue')
GROUP BY figure
HAVING count(DISTINCT day) FILTER (day BETWEEN $first_before AND $last) = $last - $first_before + 1
ORDER BY list_position(['sessions_started', 'journeys_started', 'conversions', 'revenue'], figure)
