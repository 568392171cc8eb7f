-- One row per figure: what the period came to, and the period before it.
SELECT
    figure,
    sum(value) FILTER (day BETWEEN $first AND $last) AS value_now,
    sum(value) FILTER (day BETWEEN $first_before AND $last_before) AS value_before,
    value_now / nullif(value_before, 0) - 1 AS change
FROM day_figures
WHERE figure IN ('sessions_started', 'journeys_started', 'conversions', 'revenue')
    AND EXISTS (FROM day_figures WHERE day <= $first_before)
GROUP BY figure
ORDER BY list_position(['sessions_started', 'journeys_started', 'conversions', 'revenue'], figure)
