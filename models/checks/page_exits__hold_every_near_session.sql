-- Every session near the purchase that has a page view ends on one page: the exits of all pages are these sessions, and
-- those lost are the ones of them without a conversion.
WITH near_phases AS (
    SELECT phase FROM lifecycle WHERE stage = 'during'
    UNION
    SELECT arg_max(phase, phase_index) FROM lifecycle WHERE stage = 'before'
),

near_sessions AS (
    SELECT count(*) AS expected, count(*) FILTER (NOT has_conversion) AS expected_lost
    FROM sessions
    WHERE page_view_count > 0 AND session_id IN (
        SELECT session_id FROM touchpoints WHERE phase IN (SELECT phase FROM near_phases)
    )
)

SELECT *
FROM near_sessions
CROSS JOIN (SELECT coalesce(sum(exits), 0) AS exits, coalesce(sum(lost_exits), 0) AS lost_exits FROM page_exits)
WHERE expected <> exits OR expected_lost <> lost_exits
