-- The shares of followed events that are in a touchpoint, unmatched, sent by GA4 itself, repeats of a purchase, or refunds
-- in no session sum to 1.
WITH told AS (
    SELECT
        max(value) FILTER (name = 'touchpoint_event_share') AS in_touchpoints,
        sum(value) FILTER (name IN ('unmatched_event_share', 'automatic_event_share')) AS unmatched,
        sum(value) FILTER (name IN ('repeated_purchases', 'refunds_outside_sessions'))
            / nullif(max(value) FILTER (name = 'events') * max(value) FILTER (name = 'followed_share'), 0) AS repeats
    FROM quality
)

SELECT * FROM told WHERE abs(in_touchpoints + unmatched + repeats - 1) > 1e-9
