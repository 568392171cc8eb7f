-- One row per day on which the events of feeds are not those that stand in `events`.
-- Reads the temporary table feed_events; {columns} are those that nothing but a file decides.
WITH now AS (
    SELECT {columns}, device_id FROM feed_events
),

-- Where several streams are loaded, a device got its stream.
before AS (
    SELECT
        {columns},
        if(ends_with(device_id, '@' || stream_id), left(device_id, len(device_id) - len(stream_id) - 1), device_id)
    FROM events
    WHERE is_of_feed(content_rank)
),

changed AS (
    (FROM now EXCEPT ALL FROM before)
    UNION ALL
    (FROM before EXCEPT ALL FROM now)
)

SELECT DISTINCT export_date FROM changed ORDER BY export_date
