-- One row per person in temp.recounted_people: what kpis, repurchase_curves and quality count of them.
WITH visits AS (
    SELECT * FROM sessions SEMI JOIN recounted_people USING (person_id)
),

-- GA4's own sessions beside ours: ours agree that hold one ga_session_id which no other session of the device holds.
-- first_numbered orders by time and, of several numbers at one instant, by the least; it is odd if that is above 1.
ga_sessions AS (
    SELECT
        session_id,
        ga_session_id,
        count(*) AS event_count,
        min(2 * epoch_us(occurred_at) + (ga_session_number > 1)::BIGINT) AS first_numbered
    FROM events
    SEMI JOIN visits USING (session_id)
    GROUP BY ALL
),

single_sessions AS (
    SELECT session_id, sum(event_count) AS event_count
    FROM ga_sessions
    GROUP BY session_id
    HAVING count(ga_session_id) = 1
),

sole_sessions AS (
    SELECT any_value(session_id) AS session_id
    FROM ga_sessions
    JOIN visits USING (session_id)
    WHERE ga_session_id IS NOT NULL
    GROUP BY device_id, ga_session_id
    HAVING count(*) = 1
),

agreeing AS (
    SELECT person_id, sum(single_sessions.event_count)::BIGINT AS agreeing_event_count
    FROM single_sessions
    SEMI JOIN sole_sessions USING (session_id)
    JOIN visits USING (session_id)
    GROUP BY person_id
),

numbered AS (
    SELECT person_id, min(first_numbered) % 2 = 1 AS is_returning
    FROM ga_sessions
    JOIN visits USING (session_id)
    GROUP BY person_id
),

-- When those who bought first did, when they bought again and came again in a session after that of their first
-- purchase, and what they bought for within so many days of it. Nothing here may ask for as_of: people who are not
-- stale are not counted anew when it moves on.
purchases AS (
    SELECT visits.person_id, occurred_at, session_number, position, touchpoints.revenue
    FROM touchpoints
    JOIN visits USING (session_id)
    WHERE is_conversion
),

firsts AS (
    SELECT person_id, min(row(occurred_at, session_number, position)) AS first_purchase FROM purchases GROUP BY person_id
),

bought AS (
    SELECT
        person_id,
        first_purchase[1] AS first_purchase_at,
        min(occurred_at) FILTER (session_number > first_purchase[2]) AS repurchased_at,
        exact_sum(CASE WHEN occurred_at <= first_purchase[1] + INTERVAL 30 DAY THEN revenue END) AS value_30d,
        exact_sum(CASE WHEN occurred_at <= first_purchase[1] + INTERVAL 90 DAY THEN revenue END) AS value_90d,
        exact_sum(CASE WHEN occurred_at <= first_purchase[1] + INTERVAL 365 DAY THEN revenue END) AS value_365d
    FROM purchases
    JOIN firsts USING (person_id)
    GROUP BY person_id, first_purchase
),

came AS (
    SELECT person_id, min(started_at) FILTER (session_number > first_purchase[2]) AS returned_at
    FROM visits
    LEFT JOIN firsts USING (person_id)
    GROUP BY person_id
)

SELECT
    person_id,
    coalesce(agreeing_event_count, 0) AS agreeing_event_count,
    is_returning,
    first_purchase_at,
    repurchased_at,
    returned_at,
    value_30d,
    value_90d,
    value_365d
FROM came
LEFT JOIN agreeing USING (person_id)
LEFT JOIN numbered USING (person_id)
LEFT JOIN bought USING (person_id)
