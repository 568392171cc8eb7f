-- One row per segment. A person counts in each segment that one of their journeys falls in.
-- Reads the counts of facts on journeys, sessions and answers, which models/counting makes, and repurchase_curves.
WITH counted AS (
    SELECT segment_number, figure, part, to_state AS outcome, sum(fact_count)::BIGINT AS fact_count
    FROM fact_counts
    JOIN fact_kinds USING (kind)
    WHERE figure IN ('journey', 'session', 'answer')
    GROUP BY ALL
),

journeys_of_segment AS (
    SELECT
        segment_number,
        sum(fact_count) AS journeys,
        sum(fact_count) FILTER (outcome = 'converted') AS converted,
        sum(fact_count) FILTER (outcome = 'dropped_off') AS dropped_off,
        sum(fact_count) FILTER (outcome = 'open') AS still_open,
        sum(fact_count) FILTER (part = 'mature') AS mature_journeys,
        coalesce(sum(fact_count) FILTER (part = 'mature' AND outcome = 'converted'), 0) AS mature_converted,
        coalesce(sum(fact_count) FILTER (part = 'mature' AND outcome = 'dropped_off'), 0) AS mature_dropped_off,
        mature_converted + mature_dropped_off AS mature_decided
    FROM counted
    WHERE figure = 'journey'
    GROUP BY segment_number
),

-- Over all sessions for `all`, those of journeys without a touchpoint included; they are in no other segment.
bounces AS (
    SELECT
        segment_number,
        coalesce(sum(fact_count) FILTER (outcome = 'bounce'), 0) / sum(fact_count) AS bounce_rate
    FROM counted
    WHERE figure = 'session'
    GROUP BY segment_number
),

present AS (
    SELECT *
    FROM segments
    LEFT JOIN journeys_of_segment USING (segment_number)
    WHERE dimension = 'all' OR journeys > 0
),

ways_to_purchase AS (
    SELECT
        segment_number,
        quantile_cont(touchpoints_before_purchase, [0.5, 0.9]) AS before_purchase,
        avg(touchpoints_before_purchase) AS mean_before_purchase,
        quantile_cont(rounded_duration(round(seconds_to_purchase * 1e6)::BIGINT) / 1e6, 0.5) AS median_seconds_to_purchase,
        exact_sum(revenue) AS revenue
    FROM journeys
    JOIN counted_journeys USING (journey_id)
    JOIN profiles USING (profile)
    WHERE coalesce(touchpoints_before_purchase, seconds_to_purchase, revenue) IS NOT NULL
    GROUP BY segment_number
),

buyers AS (
    SELECT
        segment_number,
        count(*) AS purchasers,
        count(repurchased_at) / count(*) AS repurchase_rate_to_date,
        count(returned_at) / count(*) AS return_rate_to_date
    FROM buyers_of_segments()
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
        (
            coalesce(sum(fact_count) FILTER (outcome::DOUBLE >= 9), 0)
            - coalesce(sum(fact_count) FILTER (outcome::DOUBLE <= 6), 0)
        ) / sum(fact_count) AS nps
    FROM counted
    WHERE figure = 'answer' AND part = 'nps'
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
    before_purchase[1] AS median_touchpoints_before_purchase,
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
    before_purchase[2] AS p90_touchpoints_before_purchase,
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
LEFT JOIN ways_to_purchase USING (segment_number)
LEFT JOIN buyers USING (segment_number)
LEFT JOIN bounces USING (segment_number)
LEFT JOIN scores USING (segment_number)
LEFT JOIN shares USING (dimension, segment)
LEFT JOIN worth USING (segment_number)
ORDER BY dimension, segment
