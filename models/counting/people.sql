-- One row per person in temp.recounted_people: what kpis and quality count of them.
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

-- Whether those who bought ever bought again, or came again, in a session after that of their first purchase.
purchases AS (
    SELECT
        touchpoints.person_id,
        min(row(occurred_at, session_number, position))[2] AS first_number,
        max(session_number) AS last_number
    FROM touchpoints
    JOIN visits USING (session_id)
    WHERE is_conversion
    GROUP BY ALL
),

seen AS (
    SELECT person_id, max(session_number) AS last_seen_number FROM visits GROUP BY person_id
)

SELECT
    person_id,
    coalesce(agreeing_event_count, 0) AS agreeing_event_count,
    is_returning,
    last_number > first_number AS has_repurchased,
    CASE WHEN first_number IS NOT NULL THEN last_seen_number > first_number END AS has_returned
FROM seen
LEFT JOIN agreeing USING (person_id)
LEFT JOIN numbered USING (person_id)
LEFT JOIN purchases USING (person_id)
