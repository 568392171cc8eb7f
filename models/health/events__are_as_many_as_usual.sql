-- A day has at least `low_volume` of the events that are usual: the median of its weekday in the four weeks before, if
-- that is 300 or more (with fewer, chance does as much).
-- Where GA4's sessions fell alike and no event name vanished, people behaved otherwise (or a whole part of the site is
-- not tracked any more, which looks the same); where sessions did not fall alike or a name vanished, tracking broke.
WITH low AS (
    SELECT
        judged.day,
        judged.events,
        judged.sessions,
        median(earlier.events) AS usual_events,
        median(earlier.sessions) AS usual_sessions
    FROM health_days AS judged
    JOIN health_days AS earlier ON judged.day - earlier.day IN (7, 14, 21, 28)
    WHERE judged.is_judged
    GROUP BY ALL
    HAVING count(*) >= 2
        AND usual_events >= 300
        AND judged.events < getvariable('low_volume') * usual_events
),

told AS (
    SELECT
        *,
        sessions * usual_events <= 1.5 * events * usual_sessions AS fell_alike,
        day IN (SELECT day FROM health_vanished) AS has_vanished
    FROM low
)

SELECT
    day,
    format(
        '{}: {} events where {} are usual on a {}, in {} sessions where {} are: {}',
        day::VARCHAR, events, usual_events::BIGINT, dayname(day), sessions, usual_sessions::BIGINT,
        CASE
            WHEN has_vanished THEN 'event names vanished, so tracking broke'
            WHEN fell_alike THEN 'both fell alike, so fewer people came, or part of the site is not tracked'
            ELSE 'sessions did not fall alike, so tracking broke'
        END
    ) AS alarm
FROM told
ORDER BY day
