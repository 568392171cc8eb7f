-- One row per segment, phase and time for which stays are watched so far that nobody left, of journeys that may go on.
WITH running AS (
    SELECT
        journey_id, started_on, phase,
        rounded_duration(greatest(epoch_us(as_of) - epoch_us(least(entered_at, as_of)), 0)) AS duration
    FROM stays
    JOIN journeys USING (journey_id)
    CROSS JOIN run_settings
    WHERE is_censored AND NOT is_closed
)

SELECT segment_number, phase, duration, count(*) AS stays
FROM running
JOIN journey_segments USING (journey_id)
JOIN segments USING (dimension, segment)
WHERE period = 'all' OR started_on BETWEEN getvariable('recent_from') AND getvariable('recent_to')
GROUP BY ALL
