-- One row per file that is being loaded: its rows, and how many became events, duplicates, quarantined, excluded.
WITH of_rows AS (
    SELECT source_file, count(*) AS rows_read FROM export_rows GROUP BY source_file
),

of_events AS (
    SELECT source_file, count(*) AS events
    FROM events
    WHERE export_date IN (FROM loaded_days) AND source_file IN (SELECT source_file FROM export_files)
    GROUP BY source_file
),

of_duplicates AS (
    SELECT source_file, count(*) AS duplicates FROM twins WHERE is_duplicate GROUP BY source_file
),

of_quarantine AS (
    SELECT source_file, count(*) AS quarantined
    FROM quarantine
    WHERE source_file IN (SELECT source_file FROM export_files)
    GROUP BY source_file
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
    rows_read,
    coalesce(events, 0) AS events,
    coalesce(duplicates, 0) AS duplicates,
    coalesce(quarantined, 0) AS quarantined,
    coalesce(excluded, 0) AS excluded
FROM of_rows
LEFT JOIN of_events USING (source_file)
LEFT JOIN of_duplicates USING (source_file)
LEFT JOIN of_quarantine USING (source_file)
LEFT JOIN of_excluded USING (source_file)
