-- One row per followed event, in person, device and event order: what the transforms rebuild histories from.
-- Reads the macro natural_rank; the columns that only some lifecycles need are added to the last select.
WITH followed AS (
    SELECT e.* EXCLUDE (person_id), d.person_id
    FROM events AS e
    INNER JOIN devices AS d ON e.device_id = d.device_id
)

SELECT {columns}
FROM followed
ORDER BY
    person_id, device_id, occurred_at,
    batch_page_id NULLS FIRST, batch_ordering_id NULLS FIRST, batch_event_index NULLS FIRST,
    natural_rank(event_name), event_name, export_date, content_rank
