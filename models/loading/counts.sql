-- One row per file that is being loaded: the rows read, and those that were told apart as duplicates or excluded.
-- How many rows a file has is what the file itself or the count of its lines says; of a feed, what was read of it.
WITH of_rows AS (
    SELECT source_file, count(*) AS rows_found FROM export_rows GROUP BY source_file
),

of_duplicates AS (
    SELECT source_file, count(*) AS duplicates FROM twins WHERE is_duplicate GROUP BY source_file
),

of_excluded AS (
    SELECT source_file, count(*) AS excluded
    FROM normalised
    ANTI JOIN (FROM twins WHERE is_duplicate) USING (source_file, row_number)
    WHERE is_excluded AND reason IS NULL
    GROUP BY source_file
)

SELECT
    source_file,
    coalesce(rows_read, rows_found, 0) AS rows_read,
    coalesce(duplicates, 0) AS duplicates,
    coalesce(excluded, 0) AS excluded
FROM export_files
LEFT JOIN of_rows USING (source_file)
LEFT JOIN of_duplicates USING (source_file)
LEFT JOIN of_excluded USING (source_file)
