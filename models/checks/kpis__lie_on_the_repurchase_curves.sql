-- The shares of kpis by 30, 90 and 365 days are those of the curves' steps, to 1e-9, and are null where nobody is at risk
-- so long after the first purchase, unless all had come again by then.
WITH horizons AS (
    SELECT dimension, segment, kind, rounded_duration(days * 86_400_000_000) / 1e6 AS horizon, share
    FROM kpis
    CROSS JOIN LATERAL (
        VALUES
        ('repurchase', 30, repurchase_30d), ('repurchase', 90, repurchase_90d), ('repurchase', 365, repurchase_365d),
        ('return', 30, return_30d), ('return', 90, return_90d), ('return', 365, return_365d)
    ) AS given(kind, days, share)
),

expected AS (
    SELECT
        dimension, segment, kind, horizon,
        CASE WHEN max(seconds) >= horizon OR count(*) FILTER (seconds <= horizon AND happened = at_risk) > 0
            THEN 1 - product(1 - happened / at_risk) FILTER (seconds <= horizon)
        END AS share
    FROM repurchase_curves
    JOIN horizons USING (dimension, segment, kind)
    GROUP BY dimension, segment, kind, horizon
)

SELECT dimension, segment, kind, horizon, horizons.share AS found, expected.share AS expected
FROM horizons
LEFT JOIN expected USING (dimension, segment, kind, horizon)
WHERE abs(horizons.share - expected.share) > 1e-9 OR (horizons.share IS NULL) <> (expected.share IS NULL)
