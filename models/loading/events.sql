-- One row per accepted row of the day, with its key: what goes into `events` and, by its items, into `items`.
-- Rows that were set aside (twins and rejects) come from where they were put, the others from the files.
WITH plain AS (
    SELECT *, 0 AS key_rank, 0 AS content_rank
    FROM normalised
    ANTI JOIN (SELECT row_number, source_file FROM export_contents) USING (source_file, row_number)
    WHERE NOT is_excluded
),

twin AS (
    SELECT n.*, t.key_rank, t.content_rank
    FROM normalised_aside AS n
    INNER JOIN twins AS t USING (source_file, row_number)
    WHERE NOT n.is_excluded AND NOT t.is_duplicate
),

accepted_rows AS (
    SELECT * FROM plain
    UNION ALL
    SELECT * FROM twin
)

SELECT
    key_of(concat_ws(
        '|', coalesce(device_id, ''), coalesce(stream_id, ''), epoch_us(occurred_at), event_name, key_rank
    )) AS event_id,
    * EXCLUDE (reason, is_excluded, row_number, event_params, source_file, key_rank, content_rank),
    event_params,
    source_file,
    content_rank::INTEGER AS content_rank,
    NULL::VARCHAR AS person_id,
    NULL::BIGINT AS session_id
FROM accepted_rows
