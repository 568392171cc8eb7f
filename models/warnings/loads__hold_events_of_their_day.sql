-- The last day loaded holds an event of that day. One that does not, empty or misnamed, does not move as_of.
SELECT format(
    'no event of {} in {}{}; it does not move as_of, the end of {}',
    export_day::VARCHAR, min(source_file), if(count(*) > 1, format(' and {} more', count(*) - 1), ''),
    getvariable('last_day')::VARCHAR
) AS alarm
FROM loads
WHERE export_day > getvariable('last_day')
GROUP BY export_day
ORDER BY export_day
