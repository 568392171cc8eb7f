-- Every event with a device lies in exactly one session, but for a refund that came while none was under way.
SELECT followed, marked, in_sessions
FROM (
    SELECT
        count(device_id) FILTER (event_name <> 'refund' OR session_id IS NOT NULL) AS followed,
        count(session_id) AS marked
    FROM events
)
CROSS JOIN (SELECT coalesce(sum(event_count), 0) AS in_sessions FROM sessions)
WHERE followed <> in_sessions OR followed <> marked
