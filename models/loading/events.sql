-- One row per accepted row of the day, with its key: what goes into `events` and, by its items, into `items`.
SELECT
    key_of(concat_ws(
        '|',
        coalesce(n.device_id, ''), coalesce(n.stream_id, ''), epoch_us(n.occurred_at), n.event_name,
        coalesce(t.key_rank, 0)
    )) AS event_id,
    n.* EXCLUDE (reason, is_excluded, row_number, event_params, source_file),
    n.event_params,
    n.source_file,
    coalesce(t.content_rank, 0)::INTEGER AS content_rank,
    NULL::VARCHAR AS person_id,
    NULL::BIGINT AS session_id
FROM normalised AS n
LEFT JOIN twins AS t USING (source_file, row_number)
WHERE n.reason IS NULL AND NOT n.is_excluded AND NOT coalesce(t.is_duplicate, false)
