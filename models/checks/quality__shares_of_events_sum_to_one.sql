-- The shares of followed events that are in a touchpoint, unmatched, or repeats of a purchase sum to 1.
WITH told AS (
    SELECT
        max(value) FILTER (name = 'touchpoint_event_share') AS in_touchpoints,
        max(value) FILTER (name = 'unmatched_event_share') AS unmatched,
        max(value) FILTER (name = 'repeated_purchases')
            / nullif(max(value) FILTER (name = 'events') * max(value) FILTER (name = 'followed_share'), 0) AS repeats
    FROM quality
)

SELECT * FROM told WHERE abs(in_touchpoints + unmatched + repeats - 1) > 1e-9
