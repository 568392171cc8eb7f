-- One row per segment of $dimension. A person counts in each segment that one of their journeys falls in.
WITH segmented AS (
    SELECT journey_id, segment FROM journey_segments WHERE dimension = $dimension
),

segments AS (
    SELECT segment FROM segmented UNION SELECT 'all' WHERE $dimension = 'all'
),

-- Whether those who bought ever bought again, or came again, in a session after that of their first purchase.
purchases AS (
    SELECT touchpoints.person_id, touchpoints.journey_id, occurred_at, position, session_number
    FROM touchpoints
    JOIN sessions USING (session_id)
    WHERE is_conversion
),

first_purchases AS (
    SELECT
        person_id,
        min(row(occurred_at, session_number, position))[2] AS first_session_number,
        max(session_number) AS last_session_number
    FROM purchases
    GROUP BY person_id
),

visits AS (
    SELECT person_id, max(session_number) AS last_visit_number
    FROM sessions
    SEMI JOIN first_purchases USING (person_id)
    GROUP BY person_id
),

persons_of_segment AS (
    SELECT DISTINCT
        segment,
        person_id,
        last_session_number > first_session_number AS has_repurchased,
        last_visit_number > first_session_number AS has_returned
    FROM purchases
    JOIN segmented USING (journey_id)
    JOIN first_purchases USING (person_id)
    JOIN visits USING (person_id)
),

buyers_of_segment AS (
    SELECT
        segment,
        count(*) AS purchasers,
        count(*) FILTER (has_repurchased) / count(*) AS repurchase_rate,
        count(*) FILTER (has_returned) / count(*) AS return_rate
    FROM persons_of_segment
    GROUP BY segment
),

journeys_of_segment AS (
    SELECT
        segment,
        count(*) AS journeys,
        count(*) FILTER (outcome = 'converted') AS converted,
        count(*) FILTER (outcome = 'dropped_off') AS dropped_off,
        count(*) FILTER (outcome = 'open') AS still_open,
        count(*) FILTER (is_mature) AS mature_journeys,
        count(*) FILTER (is_mature AND outcome = 'converted') AS mature_converted,
        count(*) FILTER (is_mature AND outcome <> 'open') AS mature_decided,
        quantile_cont(touchpoints_before_purchase, [0.5, 0.9]) AS before_purchase,
        avg(touchpoints_before_purchase) AS mean_before_purchase,
        quantile_cont(seconds_to_purchase, 0.5) AS median_seconds_to_purchase,
        exact_sum(revenue) AS revenue
    FROM journeys
    JOIN segmented USING (journey_id)
    GROUP BY segment
),

-- Over all sessions for `all`, those of journeys without a touchpoint included; they are in no other segment.
sessions_of_segment AS (
    SELECT coalesce(segment, 'all') AS segment, is_bounce
    FROM sessions
    LEFT JOIN segmented USING (journey_id)
    WHERE segment IS NOT NULL OR $dimension = 'all'
),

bounces AS (
    SELECT segment, count(*) FILTER (is_bounce) / count(*) AS bounce_rate
    FROM sessions_of_segment
    GROUP BY segment
),

answers AS (
    SELECT session_id, score
    FROM events
    WHERE event_name = 'survey_answer'
        AND score BETWEEN 0 AND 10
        AND param_text(event_params, 'survey') IS DISTINCT FROM 'csat'
),

scores AS (
    SELECT segment, (count(*) FILTER (score >= 9) - count(*) FILTER (score <= 6)) / count(*) AS nps
    FROM answers
    JOIN sessions USING (session_id)
    JOIN segmented USING (journey_id)
    GROUP BY segment
)

SELECT
    $dimension::VARCHAR AS dimension,
    segment,
    coalesce(journeys, 0) AS journeys,
    coalesce(converted, 0) AS converted,
    coalesce(dropped_off, 0) AS dropped_off,
    coalesce(still_open, 0) AS still_open,
    coalesce(mature_journeys, 0) AS mature_journeys,
    CASE WHEN mature_decided > 0 THEN mature_converted / mature_decided END AS conversion_rate,
    wilson_low(mature_converted, mature_decided) AS conversion_low,
    wilson_high(mature_converted, mature_decided) AS conversion_high,
    before_purchase[1] AS median_touchpoints_before_purchase,
    median_seconds_to_purchase,
    coalesce(purchasers, 0) AS purchasers,
    repurchase_rate,
    return_rate,
    revenue,
    CASE WHEN purchasers > 0 THEN revenue / purchasers END AS lifetime_value,
    bounce_rate,
    nps,
    CASE WHEN mature_journeys > 0 THEN (mature_journeys - mature_decided) / mature_journeys END AS open_share,
    mean_before_purchase AS mean_touchpoints_before_purchase,
    before_purchase[2] AS p90_touchpoints_before_purchase
FROM segments
LEFT JOIN journeys_of_segment USING (segment)
LEFT JOIN buyers_of_segment USING (segment)
LEFT JOIN bounces USING (segment)
LEFT JOIN scores USING (segment)
ORDER BY segment
