-- Every followed event is in a touchpoint, or repeats a purchase, or is unmatched.
SELECT *
FROM (
    SELECT
        sum(event_count) AS followed,
        sum(repeat_purchase_count) AS repeats,
        sum(unmatched_event_count) AS unmatched
    FROM sessions
)
CROSS JOIN (SELECT sum(event_count) AS in_touchpoints FROM touchpoints WHERE event_id IS NOT NULL)
CROSS JOIN (SELECT sum(events) AS told, sum(sessions) AS sessions_told FROM unmatched)
CROSS JOIN (SELECT count(*) AS sessions_found FROM unmatched_sessions)
WHERE followed <> coalesce(in_touchpoints, 0) + repeats + unmatched
    OR unmatched <> coalesce(told, 0)
    OR sessions_found <> coalesce(sessions_told, 0)
