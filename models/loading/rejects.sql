-- One row per row of the files that cannot be an event, as it came: what goes into `quarantine`.
SELECT source_file, row_number, reason, exported AS content, files.export_day
FROM export_rejects
INNER JOIN export_contents USING (source_file, row_number)
INNER JOIN export_files AS files USING (source_file)
