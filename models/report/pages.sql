-- One row per page that sessions near the purchase left without buying: the twelve with the most such exits above those
-- of an average page, of those that thirty sessions saw, if there are so many. pages is how many there are. Terms and
-- policies are none of them: people leave those because they have read them.
SELECT
    page_path, sessions, exits, exit_rate, lost_exits, lost_rate, lost_low, lost_high, count(*) OVER () AS pages
FROM page_exits
WHERE lost_above_average IS NOT NULL
ORDER BY sessions >= 30 DESC, lost_above_average DESC, sessions DESC, page_path
LIMIT 12
