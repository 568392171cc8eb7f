-- An event name with at least 20 events was there in the four weeks before, of which seven days or more are loaded. A
-- new one points to tracking: a tag that was added or renamed, and that the lifecycle may not know.
WITH judged AS (
    SELECT judged.day
    FROM health_days AS judged
    JOIN health_days AS earlier ON judged.day - earlier.day BETWEEN 1 AND 28
    WHERE judged.is_judged
    GROUP BY judged.day
    HAVING count(*) >= 7
)

SELECT day, format('{}: {} {}, which the four weeks before did not have', day::VARCHAR, events, event_name) AS alarm
FROM judged
JOIN health_names AS name USING (day)
ANTI JOIN health_names AS earlier ON earlier.event_name = name.event_name AND name.day - earlier.day BETWEEN 1 AND 28
WHERE events >= 20
ORDER BY day, events DESC, event_name
