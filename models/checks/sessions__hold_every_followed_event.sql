-- Every event with a device lies in exactly one session.
SELECT followed, in_sessions
FROM (SELECT count(device_id) AS followed, count(session_id) AS marked FROM events)
CROSS JOIN (SELECT coalesce(sum(event_count), 0) AS in_sessions FROM sessions)
WHERE followed <> in_sessions OR followed <> marked
