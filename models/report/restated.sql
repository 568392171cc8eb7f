-- One row per figure of a day that was told otherwise before: what it was first, and what it is now.
SELECT
    day, figure, arg_min(before, restated_at) AS value_before, arg_max(after, restated_at) AS value_now,
    arg_max(why, restated_at) AS why
FROM restatements
WHERE day >= $first_before AND figure IN ('events', 'sessions_started', 'conversions', 'revenue')
GROUP BY day, figure
ORDER BY day, figure
