-- A curve begins with all purchasers of its segment, and at each step those are at risk who come again or go out of watch
-- from it on. As many come again in all as the rates to date say.
WITH counted AS (
    SELECT
        *,
        sum(happened + watch_ends) OVER (PARTITION BY dimension, segment, kind ORDER BY seconds DESC) AS later
    FROM repurchase_curves
),

curves AS (
    SELECT
        dimension, segment, kind,
        max(at_risk) FILTER (seconds = 0) AS begun,
        sum(happened) AS happened,
        count(*) FILTER (at_risk <> later) AS uneven
    FROM counted
    GROUP BY ALL
),

expected AS (
    SELECT dimension, segment, kind, purchasers, again
    FROM kpis
    CROSS JOIN LATERAL (
        VALUES ('repurchase', repurchase_rate_to_date), ('return', return_rate_to_date)
    ) AS given(kind, rate)
    CROSS JOIN LATERAL (SELECT round(rate * purchasers) AS again)
    WHERE purchasers > 0
)

SELECT dimension, segment, kind, purchasers, begun, again, happened, uneven
FROM expected
FULL JOIN curves USING (dimension, segment, kind)
WHERE purchasers IS DISTINCT FROM begun OR again IS DISTINCT FROM happened OR uneven > 0
