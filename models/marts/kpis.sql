-- One row per segment. A person counts in each segment that one of their journeys falls in.
-- Reads the aggregates, counted_people, purchaser_segments, survey_answers and repurchase_curves.
WITH journeys_of_segment AS (
    SELECT
        segment_number,
        sum(o.journeys)::BIGINT AS journeys,
        sum(o.journeys) FILTER (outcome = 'converted') AS converted,
        sum(o.journeys) FILTER (outcome = 'dropped_off') AS dropped_off,
        sum(o.journeys) FILTER (outcome = 'open') AS still_open,
        (sum(o.journeys) FILTER (is_mature))::BIGINT AS mature_journeys,
        coalesce(sum(o.journeys) FILTER (is_mature AND outcome = 'converted'), 0)::BIGINT AS mature_converted,
        coalesce(sum(o.journeys) FILTER (is_mature AND outcome = 'dropped_off'), 0)::BIGINT AS mature_dropped_off,
        mature_converted + mature_dropped_off AS mature_decided
    FROM journey_outcome_counts AS o
    GROUP BY segment_number
),

-- Over all sessions for `all`, those of journeys without a touchpoint included; they are in no other segment.
bounces AS (
    SELECT
        segment_number,
        coalesce(sum(sessions) FILTER (is_bounce), 0) / sum(sessions) AS bounce_rate
    FROM session_counts
    GROUP BY segment_number
),

present AS (
    SELECT *
    FROM segments
    LEFT JOIN journeys_of_segment USING (segment_number)
    WHERE dimension = 'all' OR journeys > 0
),

touchpoints_placed AS (
    SELECT
        segment_number,
        touchpoints_before_purchase AS touchpoints,
        sum(journeys) AS journeys,
        sum(sum(journeys)) OVER (PARTITION BY segment_number ORDER BY touchpoints_before_purchase) AS upto,
        sum(sum(journeys)) OVER (PARTITION BY segment_number) AS total
    FROM purchase_counts
    WHERE touchpoints_before_purchase IS NOT NULL
    GROUP BY segment_number, touchpoints_before_purchase
),

touchpoints_to_purchase AS (
    SELECT
        segment_number,
        counted_quantile(touchpoints, upto, total, 0.5) AS median_before_purchase,
        counted_quantile(touchpoints, upto, total, 0.9) AS p90_before_purchase,
        sum(touchpoints * journeys) / total AS mean_before_purchase
    FROM touchpoints_placed
    GROUP BY segment_number, total
),

times_placed AS (
    SELECT
        segment_number,
        duration,
        sum(sum(journeys)) OVER (PARTITION BY segment_number ORDER BY duration) AS upto,
        sum(sum(journeys)) OVER (PARTITION BY segment_number) AS total
    FROM purchase_counts
    WHERE duration IS NOT NULL
    GROUP BY segment_number, duration
),

times_to_purchase AS (
    SELECT segment_number, counted_quantile(duration, upto, total, 0.5) / 1e6 AS median_seconds_to_purchase
    FROM times_placed
    GROUP BY segment_number, total
),

-- In whole millionths, of which the sum is exact.
money AS (
    SELECT
        segment_number,
        CASE WHEN sum(with_revenue) > 0 THEN
            (sum(revenue_millionths)::DECIMAL(38, 0) * 0.000001::DECIMAL(7, 6))::DOUBLE
        END AS revenue
    FROM purchase_counts
    GROUP BY segment_number
),

buyers AS (
    SELECT
        segment_number,
        count(*) AS purchasers,
        count(repurchased_at) / count(*) AS repurchase_rate_to_date,
        count(returned_at) / count(*) AS return_rate_to_date
    FROM purchaser_segments
    JOIN counted_people USING (person_id)
    GROUP BY segment_number
),

-- What share has bought or come again by so many days: known where the curve reaches so far, or is down to nobody before.
horizons AS (
    SELECT
        dimension, segment, kind, days,
        CASE WHEN max(last_seconds) >= max(rounded_duration(days * 86_400_000_000) / 1e6) OR min(surviving) = 0
            THEN 1 - min(surviving)
        END AS share
    FROM (SELECT *, max(seconds) OVER (PARTITION BY dimension, segment, kind) AS last_seconds FROM repurchase_curves)
    JOIN (VALUES (30), (90), (365)) AS h(days) ON seconds <= rounded_duration(days * 86_400_000_000) / 1e6
    GROUP BY ALL
),

shares AS (
    SELECT
        dimension,
        segment,
        max(share) FILTER (kind = 'repurchase' AND days = 30) AS repurchase_30d,
        max(share) FILTER (kind = 'repurchase' AND days = 90) AS repurchase_90d,
        max(share) FILTER (kind = 'repurchase' AND days = 365) AS repurchase_365d,
        max(share) FILTER (kind = 'return' AND days = 30) AS return_30d,
        max(share) FILTER (kind = 'return' AND days = 90) AS return_90d,
        max(share) FILTER (kind = 'return' AND days = 365) AS return_365d
    FROM horizons
    GROUP BY ALL
),

worth AS (
    SELECT
        segment_number,
        max(mean) FILTER (days = 30) AS lifetime_value_30d,
        max(mean - margin) FILTER (days = 30) AS lifetime_value_30d_low,
        max(mean + margin) FILTER (days = 30) AS lifetime_value_30d_high,
        max(mean) FILTER (days = 90) AS lifetime_value_90d,
        max(mean - margin) FILTER (days = 90) AS lifetime_value_90d_low,
        max(mean + margin) FILTER (days = 90) AS lifetime_value_90d_high,
        max(mean) FILTER (days = 365) AS lifetime_value_365d,
        max(mean - margin) FILTER (days = 365) AS lifetime_value_365d_low,
        max(mean + margin) FILTER (days = 365) AS lifetime_value_365d_high
    FROM lifetime_values()
    GROUP BY segment_number
),

scores AS (
    SELECT
        segment_number,
        (count(*) FILTER (score >= 9) - count(*) FILTER (score <= 6)) / count(*) AS nps
    FROM survey_answers
    JOIN journey_segments USING (journey_id)
    JOIN segments USING (dimension, segment)
    WHERE scale = 'nps'
    GROUP BY segment_number
)

SELECT
    dimension,
    segment,
    coalesce(journeys, 0)::BIGINT AS journeys,
    coalesce(converted, 0)::BIGINT AS converted,
    coalesce(dropped_off, 0)::BIGINT AS dropped_off,
    coalesce(still_open, 0)::BIGINT AS still_open,
    coalesce(mature_journeys, 0)::BIGINT AS mature_journeys,
    CASE WHEN mature_decided > 0 THEN mature_converted / mature_decided END AS conversion_rate,
    wilson_low(mature_converted, mature_decided) AS conversion_low,
    wilson_high(mature_converted, mature_decided) AS conversion_high,
    median_before_purchase AS median_touchpoints_before_purchase,
    median_seconds_to_purchase,
    coalesce(purchasers, 0) AS purchasers,
    repurchase_rate_to_date,
    return_rate_to_date,
    revenue,
    CASE WHEN purchasers > 0 THEN revenue / purchasers END AS lifetime_value_to_date,
    bounce_rate,
    nps,
    CASE WHEN mature_journeys > 0 THEN (mature_journeys - mature_decided) / mature_journeys END AS open_share,
    mean_before_purchase AS mean_touchpoints_before_purchase,
    p90_before_purchase AS p90_touchpoints_before_purchase,
    coalesce(mature_converted, 0)::BIGINT AS mature_converted,
    coalesce(mature_dropped_off, 0)::BIGINT AS mature_dropped_off,
    repurchase_30d,
    repurchase_90d,
    repurchase_365d,
    return_30d,
    return_90d,
    return_365d,
    lifetime_value_30d,
    lifetime_value_30d_low,
    lifetime_value_30d_high,
    lifetime_value_90d,
    lifetime_value_90d_low,
    lifetime_value_90d_high,
    lifetime_value_365d,
    lifetime_value_365d_low,
    lifetime_value_365d_high
FROM present
LEFT JOIN touchpoints_to_purchase USING (segment_number)
LEFT JOIN times_to_purchase USING (segment_number)
LEFT JOIN money USING (segment_number)
LEFT JOIN buyers USING (segment_number)
LEFT JOIN bounces USING (segment_number)
LEFT JOIN scores USING (segment_number)
LEFT JOIN shares USING (dimension, segment)
LEFT JOIN worth USING (segment_number)
ORDER BY dimension, segment
