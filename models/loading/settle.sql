-- What no day can tell alone, for the days in `unsettled`; all of them where one or several streams became the other.
SET VARIABLE several = (SELECT count(DISTINCT stream_id) > 1 FROM events);

CREATE OR REPLACE TEMP TABLE settling AS
SELECT export_date FROM unsettled
UNION
SELECT export_date FROM device_days
WHERE getvariable('several')::VARCHAR IS DISTINCT FROM (SELECT value FROM memory WHERE name = 'several_streams');

SET VARIABLE first_day = (SELECT min(export_date) FROM settling);

SET VARIABLE last_day = (SELECT max(export_date) FROM settling);

-- First: where more than one stream is loaded, a device is one of its stream.
UPDATE events SET device_id = CASE
    WHEN getvariable('several') THEN device_id || '@' || stream_id
    ELSE left(device_id, len(device_id) - len(stream_id) - 1)
END
WHERE export_date BETWEEN getvariable('first_day') AND getvariable('last_day')
    AND export_date IN (SELECT export_date FROM settling)
    AND stream_id IS NOT NULL AND device_id IS NOT NULL
    AND getvariable('several') <> ends_with(device_id, '@' || stream_id);

-- Second: events equal in device, microsecond and name that came in exports of different days are ranked together.
-- One of them must have come on another day than it happened on, at most two away. Those that came on their own day
-- stand first, so that they keep the key that their day alone gives them, whatever comes and goes with other days and
-- with feeds. Only those are ranked whose equals are all among the days looked at: two days off that of the event.
CREATE OR REPLACE TEMP TABLE moved AS
WITH near AS (
    SELECT
        *,
        rowid,
        coalesce(device_id, '') AS device,
        coalesce(stream_id, '') AS stream,
        timezone(getvariable('timezone'), timezone('UTC', occurred_at))::DATE AS happened_on,
        happened_on <> export_date OR is_of_feed(content_rank) AS is_stray
    FROM events
    WHERE export_date BETWEEN getvariable('first_day') - 4 AND getvariable('last_day') + 4
),

strays AS (
    SELECT DISTINCT device, occurred_at, event_name
    FROM near
    WHERE is_stray AND happened_on BETWEEN getvariable('first_day') - 2 AND getvariable('last_day') + 2
),

ranked AS (
    SELECT
        rowid AS place, event_id, export_date, device_id, content_rank, occurred_at, event_name, stream,
        if(stream <> '' AND ends_with(device, '@' || stream), left(device, len(device) - len(stream) - 1), device) AS bare,
        row_number() OVER (
            PARTITION BY device, stream, occurred_at, event_name
            ORDER BY
                is_stray, batch_page_id NULLS FIRST, batch_ordering_id NULLS FIRST, batch_event_index NULLS FIRST,
                export_date, content_rank
        ) - 1 AS key_rank
    FROM near
    SEMI JOIN strays USING (device, occurred_at, event_name)
)

SELECT
    place,
    event_id,
    export_date,
    device_id,
    content_rank,
    key_of(concat_ws('|', bare, stream, epoch_us(occurred_at), event_name, key_rank)) AS new_event_id
FROM ranked
WHERE event_id <> new_event_id;

UPDATE items SET event_id = moved.new_event_id
FROM moved
WHERE items.event_id = moved.event_id AND items.export_date = moved.export_date
    AND NOT is_of_feed(moved.content_rank);

UPDATE events SET event_id = moved.new_event_id
FROM moved
WHERE events.rowid = moved.place;

-- Third: whose history is touched: the devices of these days as they were and as they are, and those of moved keys.
CREATE OR REPLACE TEMP TABLE touched_devices AS
SELECT device_id FROM device_days SEMI JOIN settling USING (export_date)
UNION
SELECT device_id FROM moved WHERE device_id IS NOT NULL;

DELETE FROM device_days WHERE export_date IN (SELECT export_date FROM settling);

INSERT INTO device_days
WITH present AS (
    SELECT DISTINCT device_id, export_date FROM events
    WHERE export_date BETWEEN getvariable('first_day') AND getvariable('last_day') AND device_id IS NOT NULL
),

logins AS (
    SELECT
        device_id, export_date, user_id, occurred_at, batch_page_id, batch_ordering_id, batch_event_index, event_name,
        content_rank
    FROM events
    WHERE export_date BETWEEN getvariable('first_day') AND getvariable('last_day')
        AND device_id IS NOT NULL AND trim(user_id) <> ''
    QUALIFY row_number() OVER (
        PARTITION BY device_id, export_date
        ORDER BY
            occurred_at DESC, batch_page_id DESC NULLS LAST, batch_ordering_id DESC NULLS LAST,
            batch_event_index DESC NULLS LAST, natural_rank(event_name) DESC, event_name DESC, content_rank DESC
    ) = 1
)

SELECT * FROM present
LEFT JOIN logins USING (device_id, export_date)
WHERE export_date IN (SELECT export_date FROM settling);

INSERT INTO waiting
SELECT device_id FROM touched_devices
UNION
SELECT device_id FROM device_days SEMI JOIN settling USING (export_date)
EXCEPT
SELECT device_id FROM waiting;

-- Last: what checks have to look at.
INSERT INTO unchecked_days
SELECT export_date FROM settling
UNION
SELECT export_date FROM moved
EXCEPT
SELECT export_date FROM unchecked_days;

DELETE FROM memory WHERE name = 'several_streams';

INSERT INTO memory VALUES ('several_streams', getvariable('several')::VARCHAR);

DELETE FROM unsettled;
