-- One row per person in temp.recounted_people.
WITH visits AS (
    SELECT * FROM sessions SEMI JOIN recounted_people USING (person_id)
),

device_counts AS (
    SELECT person_id, count(*) AS device_count FROM devices SEMI JOIN recounted_people USING (person_id) GROUP BY person_id
),

journey_counts AS (
    SELECT person_id, count(*) AS journey_count
    FROM (SELECT journey_id, any_value(person_id) AS person_id FROM visits GROUP BY journey_id)
    GROUP BY person_id
),

seen AS (
    SELECT
        person_id,
        min(started_at) AS first_seen_at,
        max(ended_at) AS last_seen_at,
        count(*) AS session_count,
        max(channel) FILTER (session_number = 1) AS first_channel
    FROM visits
    GROUP BY person_id
),

bought AS (
    SELECT person_id, count(*) AS purchase_count, exact_sum(revenue) AS revenue
    FROM touchpoints
    SEMI JOIN recounted_people USING (person_id)
    WHERE is_conversion
    GROUP BY person_id
)

SELECT
    person_id,
    first_seen_at,
    last_seen_at,
    device_count,
    session_count,
    journey_count,
    coalesce(purchase_count, 0) AS purchase_count,
    revenue,
    first_channel
FROM seen
JOIN device_counts USING (person_id)
JOIN journey_counts USING (person_id)
LEFT JOIN bought USING (person_id)
