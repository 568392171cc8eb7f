-- Two rows: of the journeys that began in the last period all of whose journeys are mature, and in the one before it,
-- how many converted of those that are decided. None for a period of which a day is not loaded.
WITH periods AS (
    SELECT * FROM (VALUES ('now', $mature_first, $mature_last), ('before', $mature_first_before, $mature_last_before))
        AS p(period, first_day, last_day)
),

counted AS (
    SELECT
        period,
        first_day,
        last_day,
        sum(journeys)::BIGINT AS journeys,
        sum(mature_converted)::BIGINT AS converted,
        sum(mature_converted + mature_dropped_off)::BIGINT AS decided
    FROM periods
    JOIN cohorts ON day BETWEEN first_day AND last_day
    WHERE last_day - first_day + 1 = (
        SELECT count(DISTINCT f.day) FROM day_figures AS f WHERE f.day BETWEEN first_day AND last_day
    )
    GROUP BY ALL
)

SELECT
    *,
    converted / nullif(decided, 0) AS conversion_rate,
    wilson_low(converted, decided) AS conversion_low,
    wilson_high(converted, decided) AS conversion_high
FROM counted
ORDER BY first_day DESC
