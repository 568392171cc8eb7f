-- One row per acceptable row that may share device, microsecond and name with another: what decides among them.
-- Reads normalised_aside, the rows that were set aside, and export_twins, which names the acceptable ones of them.
SELECT
    n.source_file,
    n.row_number,
    n.export_date,
    coalesce(n.device_id, '') AS device_id,
    coalesce(n.stream_id, '') AS stream_id,
    n.occurred_at,
    n.event_name,
    n.batch_page_id,
    n.batch_ordering_id,
    n.batch_event_index,
    n.is_excluded,
    e.content
FROM normalised_aside AS n
INNER JOIN export_twins USING (source_file, row_number)
INNER JOIN export_contents AS e USING (source_file, row_number)
