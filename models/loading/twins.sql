-- One row per acceptable row of the day that shares device, microsecond and name with another: whether it is a
-- duplicate, its rank by content among rows equal in all other order, whatever their streams (where all events are of one
-- stream or none, a device is the same with and without it), and its rank among equals for event_id.
-- Reads twin_contents, which has all rows that may share it.
WITH counted AS (
    SELECT *, row_number() OVER (PARTITION BY export_date, content ORDER BY source_file, row_number) > 1 AS is_duplicate
    FROM twin_contents
)

SELECT
    source_file,
    row_number,
    is_duplicate,
    row_number() OVER (
        PARTITION BY
            export_date, device_id, occurred_at, event_name, is_duplicate OR is_excluded,
            batch_page_id, batch_ordering_id, batch_event_index
        ORDER BY content
    ) - 1 AS content_rank,
    row_number() OVER (
        PARTITION BY export_date, device_id, stream_id, occurred_at, event_name, is_duplicate OR is_excluded
        ORDER BY
            batch_page_id NULLS FIRST, batch_ordering_id NULLS FIRST, batch_event_index NULLS FIRST, content
    ) - 1 AS key_rank
FROM counted
