-- What no day can tell alone. First: where more than one stream is loaded, a device is one of its stream.
UPDATE events SET device_id = CASE
    WHEN streams.several THEN device_id || '@' || stream_id
    ELSE left(device_id, len(device_id) - len(stream_id) - 1)
END
FROM (SELECT count(DISTINCT stream_id) > 1 AS several FROM events) AS streams
WHERE stream_id IS NOT NULL AND device_id IS NOT NULL AND streams.several <> ends_with(device_id, '@' || stream_id);

-- Second: events equal in device, microsecond and name that came in exports of different days are ranked together.
-- One of them must have come on another day than it happened on. Those that came on their own day stand first, so that
-- they keep the key that their day alone gives them, whatever comes and goes with other days.
CREATE OR REPLACE TEMP TABLE moved AS
WITH strays AS (
    SELECT DISTINCT coalesce(device_id, '') AS device, occurred_at, event_name
    FROM events
    WHERE timezone(getvariable('timezone'), timezone('UTC', occurred_at))::DATE <> export_date
),

named AS (
    SELECT
        *,
        coalesce(device_id, '') AS device,
        coalesce(stream_id, '') AS stream
    FROM events
),

ranked AS (
    SELECT
        event_id, export_date, occurred_at, event_name, stream,
        if(stream <> '' AND ends_with(device, '@' || stream), left(device, len(device) - len(stream) - 1), device) AS bare,
        row_number() OVER (
            PARTITION BY device, stream, occurred_at, event_name
            ORDER BY
                timezone(getvariable('timezone'), timezone('UTC', occurred_at))::DATE <> export_date,
                batch_page_id NULLS FIRST, batch_ordering_id NULLS FIRST, batch_event_index NULLS FIRST,
                export_date, content_rank
        ) - 1 AS key_rank
    FROM named
    SEMI JOIN strays USING (device, occurred_at, event_name)
)

SELECT
    event_id,
    export_date,
    key_of(concat_ws('|', bare, stream, epoch_us(occurred_at), event_name, key_rank)) AS new_event_id
FROM ranked
WHERE event_id <> new_event_id;

UPDATE items SET event_id = moved.new_event_id
FROM moved
WHERE items.event_id = moved.event_id AND items.export_date = moved.export_date;

UPDATE events SET event_id = moved.new_event_id
FROM moved
WHERE events.event_id = moved.event_id AND events.export_date = moved.export_date;

DROP TABLE moved;
