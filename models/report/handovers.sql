-- One row per device category: its share of all sessions, its share of the purchases by the session that bought first,
-- and how many of these purchases belong to journeys that began on another device.
WITH visits AS (
    SELECT coalesce(device_category, '(not set)') AS device_category, count(*) AS sessions FROM sessions GROUP BY ALL
),

bought AS (
    SELECT
        buying AS device_category,
        sum(purchases)::BIGINT AS purchases,
        coalesce(sum(purchases) FILTER (first <> buying), 0)::BIGINT AS begun_elsewhere
    FROM handovers
    WHERE dimension = 'device_category'
    GROUP BY buying
)

SELECT
    device_category,
    sessions,
    sessions / sum(sessions) OVER () AS session_share,
    coalesce(purchases, 0) AS purchases,
    coalesce(purchases, 0) / nullif(sum(purchases) OVER (), 0) AS purchase_share,
    coalesce(begun_elsewhere, 0) AS begun_elsewhere
FROM visits
LEFT JOIN bought USING (device_category)
ORDER BY sessions DESC, device_category
