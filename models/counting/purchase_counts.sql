-- One row per profile, outcome, number of touchpoints and time before the purchase, of journeys that converted or have
-- revenue.
SELECT
    profile,
    outcome,
    touchpoints_before_purchase,
    rounded_duration(round(seconds_to_purchase * 1e6)::BIGINT) AS duration,
    count(*) AS journeys,
    count(revenue) AS with_revenue,
    coalesce(sum((TRY_CAST(revenue AS DECIMAL(38, 6)) * 1000000)::HUGEINT), 0) AS revenue_millionths
FROM recounted_journeys
WHERE outcome = 'converted' OR coalesce(touchpoints_before_purchase, seconds_to_purchase, revenue) IS NOT NULL
GROUP BY ALL
