-- One row per figure on how far the rest can be trusted.
WITH told AS (
    SELECT name, value FROM quality
    UNION ALL
    SELECT 'rows_read', sum(rows_read) FROM loads
),

asked AS (
    SELECT generate_subscripts(names, 1) AS place, unnest(names) AS name
    FROM (SELECT [
        'rows_read', 'events', 'duplicates', 'quarantined', 'excluded', 'followed_share', 'unmatched_event_share',
        'automatic_event_share', 'unmatched_session_share', 'provisional_day_share', 'mature_journey_share', 'open_journey_share',
        'returning_person_share', 'ga_session_agreement', 'repeated_purchases', 'revenue_exported', 'revenue_counted',
        'revenue_repeated', 'revenue_unfollowed', 'revenue_other', 'refund_exported', 'refund_netted', 'refund_repeated',
        'refund_unfollowed', 'unmatched_refund_value'
    ] AS names)
)

SELECT
    name,
    value,
    CASE WHEN regexp_matches(name, 'revenue|refund') THEN (SELECT currency FROM run_settings) END AS currency
FROM asked
JOIN told USING (name)
ORDER BY place
