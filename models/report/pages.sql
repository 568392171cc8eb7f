-- One row per page that sessions near the purchase left without buying: the twelve that lose the most for certain, by
-- the lower end of the interval, of those that thirty sessions saw, if there are so many. pages is how many there are.
SELECT
    page_path, sessions, exits, exit_rate, lost_exits, lost_rate, lost_low, lost_high, count(*) OVER () AS pages
FROM page_exits
ORDER BY sessions >= 30 DESC, lost_low DESC NULLS LAST, sessions DESC, page_path
LIMIT 12
