-- The last loaded day is at most `late_after_days` days before today. A later one means that the export stopped, or
-- that nobody loads it; what is loaded is not wrong. A file of a later day that holds no event of that day is none.
SELECT format(
    'the last loaded day is {}, {} days before today',
    getvariable('last_day')::VARCHAR, getvariable('today') - getvariable('last_day')
) AS alarm
WHERE getvariable('today') - getvariable('last_day') > getvariable('late_after_days')
