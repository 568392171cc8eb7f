-- How long devices were silent between two visits on the way to a purchase, on the days from the variable days_from on.
-- A visit ends with more than half an hour of silence. What follows a visit with a purchase is no way to the next one:
-- that begins anew. One row.
WITH purchasers AS (
    SELECT device_id, max(occurred_at) AS last_purchase_at, count(*) AS purchases
    FROM looked
    WHERE is_purchase AND device_id IS NOT NULL AND event_date >= getvariable('days_from')
    GROUP BY device_id
),

spaced AS (
    SELECT
        device_id,
        occurred_at,
        is_purchase,
        occurred_at - lag(occurred_at) OVER (PARTITION BY device_id ORDER BY occurred_at) AS silence
    FROM looked
    SEMI JOIN purchasers USING (device_id)
    WHERE event_date >= getvariable('days_from')
),

visits AS (
    SELECT
        device_id,
        min(occurred_at) AS started_at,
        max(silence) FILTER (silence > INTERVAL 30 MINUTE) AS silence,
        bool_or(is_purchase) AS is_purchase
    FROM (
        SELECT
            *,
            count(*) FILTER (silence > INTERVAL 30 MINUTE) OVER (
                PARTITION BY device_id ORDER BY occurred_at RANGE UNBOUNDED PRECEDING
            ) AS visit
        FROM spaced
    )
    GROUP BY device_id, visit
),

ways AS (
    SELECT *, lag(is_purchase) OVER (PARTITION BY device_id ORDER BY started_at) AS follows_purchase FROM visits
)

SELECT
    count(*) AS silences,
    quantile_cont(epoch(silence), 0.95) / 86400 AS days,
    (SELECT coalesce(sum(purchases), 0)::BIGINT FROM purchasers) AS purchases
FROM ways
JOIN purchasers USING (device_id)
WHERE silence IS NOT NULL AND NOT follows_purchase AND started_at <= last_purchase_at
