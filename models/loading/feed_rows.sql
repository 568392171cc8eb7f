-- One row per row of feed files of one shape, as in the view export_rows.
-- Reads the variables timezone and feed_timezone; what stands in braces is put in by the reader.
WITH cells AS (
    SELECT _path, _row_number, _line, {cells} FROM ({source}) AS feed_row
),

timed AS (
    SELECT
        *,
        CASE WHEN epoch_us(_at) BETWEEN 0 AND 4102444800000000 THEN _at END AS happened_at
    FROM cells
),

conformed AS (
    SELECT
        *,
        epoch_us(happened_at) AS event_timestamp,
        -- Whoever is known by user_id alone is a device of their own, which that user_id then joins to the others.
        CASE
            WHEN _device IS NOT NULL AND NOT is_placeholder(id_of(_device)) THEN _device
            WHEN _user IS NOT NULL AND NOT is_placeholder(id_of(_user)) THEN 'u:' || id_of(_user)
            ELSE _device
        END AS user_pseudo_id,
        CASE
            WHEN _revenue IS NOT NULL OR _refund IS NOT NULL
                THEN {'purchase_revenue': _revenue, 'refund_value': _refund}
        END AS money,
        {'cross_channel_campaign': {'default_channel_group': 'Offline'}} AS traffic
    FROM timed
)

SELECT
    {columns},
    export_files.source_file,
    timezone(getvariable('timezone'), happened_at)::DATE AS export_day,
    _row_number AS row_number,
    CASE
        WHEN _line IS NOT NULL THEN 'does not parse'
        WHEN happened_at IS NULL THEN 'no occurred_at'
        WHEN _name IS NULL THEN 'no event_name'
        WHEN NOT _is_read THEN 'unreadable number'
    END AS fault
FROM conformed
INNER JOIN export_files ON _path = export_files.path
