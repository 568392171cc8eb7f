-- One row per page path seen in sessions near the purchase, commonest first: how many of them ended there.
-- Reads pages_seen, which is rebuilt with the sessions. The average rate is over all pages but policies and their like.
WITH counted AS (
    SELECT
        coalesce(page_path, '(not set)') AS page_path,
        count(*) AS sessions,
        count(*) FILTER (is_exit) AS exits,
        count(*) FILTER (is_exit AND NOT has_conversion) AS lost_exits
    FROM pages_seen
    GROUP BY ALL
),

average AS (
    SELECT sum(lost_exits) / sum(sessions) AS average_rate FROM counted WHERE NOT ends_by_nature(page_path)
)

SELECT
    page_path,
    sessions,
    exits,
    exits / sessions AS exit_rate,
    lost_exits,
    lost_exits / sessions AS lost_rate,
    wilson_low(lost_exits, sessions) AS lost_low,
    wilson_high(lost_exits, sessions) AS lost_high,
    CASE WHEN NOT ends_by_nature(page_path) THEN lost_exits - sessions * average_rate END AS lost_above_average
FROM counted
CROSS JOIN average
ORDER BY sessions DESC, exits DESC, page_path
