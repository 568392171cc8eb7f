-- One row per followed event of the people asked for, in person, device and event order: what the transforms rebuild
-- histories from, with the person and session that are written in it so far.
-- Reads the macro natural_rank; the columns that only some lifecycles need are added to the last select.
-- People and devices are put in order once, for a number is sorted faster than two texts an event.
WITH placed AS (
    SELECT *, row_number() OVER (ORDER BY person_id, device_id) AS place FROM {people}
),

followed AS (
    SELECT
        e.* EXCLUDE (person_id, session_id),
        d.person_id,
        d.place,
        e.person_id AS marked_person_id,
        e.session_id AS marked_session_id
    FROM {events} AS e
    INNER JOIN placed AS d ON e.device_id = d.device_id
)

SELECT {columns}
FROM followed
ORDER BY
    place, occurred_at,
    batch_page_id NULLS FIRST, batch_ordering_id NULLS FIRST, batch_event_index NULLS FIRST,
    natural_rank(event_name), event_name, export_date, content_rank
