-- One row per channel, or device category, of a journey's first session and that of the session that bought first.
WITH bought AS (
    SELECT
        journeys.revenue,
        journeys.channel AS first_channel,
        journeys.device_category AS first_device,
        sessions.channel AS buying_channel,
        sessions.device_category AS buying_device
    FROM touchpoints
    JOIN journeys
        ON touchpoints.journey_id = journeys.journey_id AND position = touchpoints_before_purchase + 1
    JOIN sessions ON sessions.session_id = touchpoints.session_id
    WHERE is_conversion
),

told AS (
    SELECT 'channel' AS dimension, first_channel AS begun, buying_channel AS buying, revenue FROM bought
    UNION ALL
    SELECT 'device_category', first_device, buying_device, revenue FROM bought
)

SELECT
    dimension,
    coalesce(begun, '(not set)') AS first,
    coalesce(told.buying, '(not set)') AS buying,
    count(*) AS purchases,
    exact_sum(revenue) AS revenue
FROM told
GROUP BY dimension, begun, told.buying
ORDER BY ALL
