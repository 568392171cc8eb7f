-- One row per page path seen in sessions near the purchase, commonest first: how many of them ended there.
-- Reads pages_seen, which is rebuilt with the sessions.
WITH counted AS (
    SELECT
        coalesce(page_path, '(not set)') AS page_path,
        count(*) AS sessions,
        count(*) FILTER (is_exit) AS exits,
        count(*) FILTER (is_exit AND NOT has_conversion) AS lost_exits
    FROM pages_seen
    GROUP BY ALL
)

SELECT
    page_path,
    sessions,
    exits,
    exits / sessions AS exit_rate,
    lost_exits,
    lost_exits / sessions AS lost_rate,
    wilson_low(lost_exits, sessions) AS lost_low,
    wilson_high(lost_exits, sessions) AS lost_high
FROM counted
ORDER BY sessions DESC, exits DESC, page_path
