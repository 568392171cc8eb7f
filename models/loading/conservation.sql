-- One row per file that is being loaded: its rows, and how many became events, duplicates, quarantined, excluded.
-- Events and quarantined are counted where they were written to.
WITH of_events AS (
    SELECT source_file, count(*) AS events
    FROM events
    WHERE export_date IN (FROM loaded_days) AND source_file IN (SELECT source_file FROM export_counts)
    GROUP BY source_file
),

of_quarantine AS (
    SELECT source_file, count(*) AS quarantined
    FROM quarantine
    WHERE source_file IN (SELECT source_file FROM export_counts)
    GROUP BY source_file
)

SELECT
    source_file,
    rows_read,
    coalesce(events, 0) AS events,
    duplicates,
    coalesce(quarantined, 0) AS quarantined,
    excluded
FROM export_counts
LEFT JOIN of_events USING (source_file)
LEFT JOIN of_quarantine USING (source_file)
