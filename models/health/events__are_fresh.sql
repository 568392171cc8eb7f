-- The last loaded day is at most `late_after_days` days before today. A later one means that the export stopped, or
-- that nobody loads it; what is loaded is not wrong. A file of a later day that holds no event of that day is none. An
-- export of which no day was loaded within two weeks after it is historic, and nothing of it is late.
SELECT NULL::DATE AS day, format(
    'the last loaded day is {}, {} days before today',
    getvariable('last_day')::VARCHAR, getvariable('today') - getvariable('last_day')::DATE
) AS alarm
FROM loads
HAVING getvariable('today') - getvariable('last_day')::DATE > getvariable('late_after_days')
    AND bool_or(loaded_at::DATE - export_day <= getvariable('live_days'))
