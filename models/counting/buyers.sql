-- What people who bought are worth. A macro, run as a script.

-- One row per segment and number of days that somebody was watched for since the first purchase: mean revenue within so
-- many days of it, and half the width of its 95 % interval by Student's t, null below ten persons. Squares are added
-- from the least on, so that the order of rows cannot change them: whole millionths may not hold squares of money.
CREATE OR REPLACE TEMP MACRO lifetime_values() AS TABLE
WITH watched AS (
    SELECT segment_number, days, value
    FROM purchaser_segments
    JOIN counted_people USING (person_id)
    CROSS JOIN run_settings
    CROSS JOIN LATERAL (VALUES (30, value_30d), (90, value_90d), (365, value_365d)) AS given(days, value)
    WHERE epoch_us(as_of) - epoch_us(first_purchase_at) >= days * 86_400_000_000
),

means AS (
    SELECT segment_number, days, count(*) AS persons, exact_sum(value) / count(*) AS mean FROM watched GROUP BY ALL
),

deviations AS (
    SELECT segment_number, days, persons, mean, (coalesce(value, 0) - mean) ^ 2 AS square
    FROM watched
    JOIN means USING (segment_number, days)
)

SELECT
    segment_number,
    days,
    mean,
    CASE WHEN persons >= 10 THEN
        student_quantile(persons - 1) * sqrt(sum(square ORDER BY square) / (persons - 1) / persons)
    END AS margin
FROM deviations
GROUP BY segment_number, days, persons, mean;
