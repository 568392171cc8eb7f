-- What happened on the days that are judged and in the five weeks before them: no check reads events further back.
-- Run as a script before the checks. Table judged has those days, the variables judged_from and judged_to the first and
-- the last of them.
-- GA4 may still write to a day whose daily file is not there: such a day is not judged. Feeds come when they come: their
-- events are left out.
CREATE OR REPLACE TEMP TABLE health_days AS
WITH loaded AS (
    SELECT export_day AS day, bool_and(is_final) AS is_final
    FROM loads
    WHERE export_day BETWEEN getvariable('judged_from') - 35 AND getvariable('judged_to')
    GROUP BY export_day
),

-- GA4's own sessions are there as soon as a day is loaded, before its journeys are rebuilt.
counted AS (
    SELECT
        export_date AS day,
        count(*) AS events,
        count(device_id) AS followed,
        count(DISTINCT hash(device_id, ga_session_id)) FILTER (device_id IS NOT NULL) AS sessions
    FROM events
    WHERE export_date BETWEEN getvariable('judged_from') - 35 AND getvariable('judged_to')
        AND is_of_feed(content_rank) IS NOT TRUE
    GROUP BY export_date
)

SELECT
    day,
    row_number() OVER (ORDER BY day) AS day_number,
    is_final AND day IN (FROM judged) AS is_judged,
    coalesce(events, 0) AS events,
    coalesce(followed, 0) AS followed,
    coalesce(sessions, 0) AS sessions
FROM loaded
LEFT JOIN counted USING (day);

CREATE OR REPLACE TEMP TABLE health_names AS
SELECT export_date AS day, event_name, count(*) AS events
FROM events
WHERE export_date BETWEEN getvariable('judged_from') - 35 AND getvariable('judged_to')
    AND is_of_feed(content_rank) IS NOT TRUE
GROUP BY ALL;

-- Names of which each of the seven loaded days before had at least 20 events, and the day has none.
CREATE OR REPLACE TEMP VIEW health_vanished AS
SELECT judged.day, name.event_name, median(name.events) AS usual_events
FROM health_days AS judged
JOIN health_days AS earlier ON judged.day_number - earlier.day_number BETWEEN 1 AND 7
JOIN health_names AS name ON name.day = earlier.day
ANTI JOIN health_names AS still ON still.day = judged.day AND still.event_name = name.event_name
WHERE judged.is_judged AND name.events >= 20
GROUP BY judged.day, name.event_name
HAVING count(*) = 7;

-- A share jumps if it is three robust standard deviations, and five points of a hundred, from its median.
CREATE OR REPLACE TEMP MACRO is_jump(share, usual_share, deviation) AS
    abs(share - usual_share) > greatest(3 * 1.4826 * deviation, 0.05);
