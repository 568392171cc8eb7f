-- One row per day from the first of the period before to the last day loaded.
SELECT
    day,
    max(value) FILTER (figure = 'sessions_started') AS sessions_started,
    max(value) FILTER (figure = 'conversions') AS conversions,
    max(value) FILTER (figure = 'revenue') AS revenue,
    bool_or(is_provisional) AS is_provisional,
    (SELECT currency FROM run_settings) AS currency
FROM day_figures
WHERE day >= $first_before
GROUP BY day
ORDER BY day
