-- One row per figure of a day that is told otherwise than at first: what it was then, and what it is now, null for a day
-- that is gone.
SELECT
    day, figure, arg_min(before, restated_at) AS value_before, arg_max_null(after, restated_at) AS value_now,
    arg_max(why, restated_at) AS why,
    CASE WHEN figure = 'revenue' THEN (SELECT currency FROM run_settings) END AS currency
FROM restatements
WHERE day >= $first_before AND figure IN ('events', 'sessions_started', 'conversions', 'revenue')
GROUP BY day, figure
HAVING value_before IS DISTINCT FROM value_now
ORDER BY day, figure
