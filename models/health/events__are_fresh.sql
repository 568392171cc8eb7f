-- The last loaded day is at most `late_after_days` days before today. A later one means that the export stopped, or
-- that nobody loads it; what is loaded is not wrong.
SELECT format(
    'the last loaded day is {}, {} days before today', max(export_day)::VARCHAR, getvariable('today') - max(export_day)
) AS alarm
FROM loads
HAVING getvariable('today') - max(export_day) > getvariable('late_after_days')
