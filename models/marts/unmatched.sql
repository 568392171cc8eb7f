-- One row per event name and page path of followed events that no rule recognises, commonest first.
WITH followed AS (
    SELECT sum(event_count) + any_value(outside) AS events, count(*) AS sessions
    FROM sessions
    CROSS JOIN (SELECT count(device_id) AS outside FROM events WHERE session_id IS NULL)
),

counted AS (
    SELECT event_name, page_path, sum(events)::BIGINT AS events, count(*) AS sessions
    FROM unmatched_sessions
    GROUP BY event_name, page_path
)

SELECT
    event_name,
    page_path,
    counted.events,
    counted.events / followed.events AS event_share,
    counted.sessions,
    counted.sessions / followed.sessions AS session_share,
    is_automatic(event_name) AS is_automatic
FROM counted
CROSS JOIN followed
ORDER BY events DESC, sessions DESC, event_name, page_path NULLS FIRST
