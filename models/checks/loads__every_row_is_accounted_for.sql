-- For every loaded file: rows read = events + duplicates + quarantined + excluded.
SELECT source_file, rows_read, events, duplicates, quarantined, excluded
FROM loads
WHERE rows_read <> events + duplicates + quarantined + excluded
