-- Reading one param of an export row: the value of the first entry with that key, as text or as a number.
CREATE OR REPLACE TEMP MACRO value_of(params, keys, name) AS list_extract(params, list_position(keys, name))."value";
-- Most params of an event are strings or absent: the casts are for the few rows that need them.
CREATE OR REPLACE TEMP MACRO text_of(v) AS CASE
    WHEN v IS NULL THEN NULL
    WHEN v.string_value IS NOT NULL THEN v.string_value
    ELSE coalesce(v.int_value::VARCHAR, v.double_value::VARCHAR, v.float_value::VARCHAR)
END;
CREATE OR REPLACE TEMP MACRO number_of(v) AS CASE
    WHEN v IS NULL THEN NULL
    WHEN v.int_value IS NOT NULL THEN v.int_value::DOUBLE
    ELSE coalesce(v.double_value, v.float_value, TRY_CAST(v.string_value AS DOUBLE))
END;
CREATE OR REPLACE TEMP MACRO whole_of(v) AS CASE
    WHEN v IS NULL THEN NULL
    WHEN v.int_value IS NOT NULL THEN v.int_value
    ELSE TRY_CAST(coalesce(v.double_value, v.float_value, TRY_CAST(v.string_value AS DOUBLE)) AS BIGINT)
END;
CREATE OR REPLACE TEMP MACRO is_named(source) AS trim(source) <> '' AND lower(trim(source)) <> '(direct)';
CREATE OR REPLACE TEMP MACRO is_set(words) AS trim(words) <> '';
CREATE OR REPLACE TEMP MACRO money(amount) AS CASE WHEN isfinite(amount) THEN amount END;
CREATE OR REPLACE TEMP MACRO key_of(words) AS (md5_number(words) >> 65)::BIGINT;
-- An id: without blanks around it (most have none), and a number without a fraction of zero, as pandas writes it.
CREATE OR REPLACE TEMP MACRO stripped(words) AS
    CASE WHEN regexp_full_match(words, '[!-~]+') THEN words ELSE trim(words, E' \t\r\n' || chr(160)) END;
CREATE OR REPLACE TEMP MACRO whole_number(words) AS
    CASE WHEN ends_with(words, '0') THEN regexp_replace(words, '^([+-]?\d+)\.0+$', '\1') ELSE words END;
CREATE OR REPLACE TEMP MACRO id_of(words) AS nullif(whole_number(stripped(words)), '');
-- Whether an id is none: see models/ids.py. What is not below '1' begins with something else than a zero, point or dash.
CREATE OR REPLACE TEMP MACRO is_placeholder(id) AS coalesce(
    id < '1' AND regexp_full_match(id, '[0.-]+')
    OR list_contains(getvariable('placeholder_ids')::VARCHAR[], lower(id)),
    false
);
-- An instant in a feed is matched whole: a date, a time, AM or PM, an offset. A word that is left, such as EST, would else
-- be passed over. Days may stand first, as in 31-01-2021 14.30, but not beside AM or PM, where that may be a month.
CREATE OR REPLACE TEMP MACRO parts_of(words) AS regexp_extract(
    regexp_replace(words, '[\s\x{00a0}\x{202f}]+', ' ', 'g'),
    '(?i)^(?:(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})|(\d{1,2})[-.](\d{1,2})[-.](\d{4}))'
    '(?:(?:T|,? )(\d{1,2})[:.](\d{2})(?:[:.](\d{2})(?:[.,](\d{1,9}))?)?(?: ?([AP])[.]?M[.]?)?'
    '(?: ?((?:UTC|GMT)?([+-](?:0\d|1[0-4])(?::?[0-5]\d)?)|UTC|GMT|Z))?)?$',
    [
        'year', 'month', 'day', 'last_day', 'last_month', 'last_year',
        'hour', 'minute', 'second', 'fraction', 'half', 'zone', 'offset'
    ]
);
CREATE OR REPLACE TEMP MACRO day_in(parts) AS CASE
    WHEN parts['year'] <> '' THEN parts['year'] || '-' || parts['month'] || '-' || parts['day']
    WHEN parts['half'] = '' THEN parts['last_year'] || '-' || parts['last_month'] || '-' || parts['last_day']
END;
CREATE OR REPLACE TEMP MACRO hour_in(half, hour) AS CASE
    WHEN half = '' THEN hour
    WHEN lower(half) = 'a' AND hour <= 12 THEN hour % 12
    WHEN lower(half) = 'p' AND hour BETWEEN 1 AND 23 THEN hour % 12 + 12
END;
CREATE OR REPLACE TEMP MACRO time_in(parts) AS concat_ws(
    ':', hour_in(parts['half'], TRY_CAST(parts['hour'] AS INTEGER)), parts['minute'],
    if(parts['second'] = '', '00', parts['second']) || '.' || parts['fraction']
);
CREATE OR REPLACE TEMP MACRO instant_from(parts) AS CASE
    WHEN parts['hour'] = '' THEN timezone(getvariable('timezone'), TRY_CAST(day_in(parts) AS DATE)::TIMESTAMP)
    WHEN parts['zone'] = ''
        THEN timezone(getvariable('feed_timezone'), TRY_CAST(day_in(parts) || ' ' || time_in(parts) AS TIMESTAMP))
    ELSE TRY_CAST(
        day_in(parts) || ' ' || time_in(parts) || if(parts['offset'] = '', '+00', parts['offset']) AS TIMESTAMPTZ
    )
END;
CREATE OR REPLACE TEMP MACRO instant_of(words) AS instant_from(parts_of(words));
-- A number in a feed, with point or comma. The sign that is not the file's own decimal sign, before just three digits,
-- may part thousands: that is no number.
CREATE OR REPLACE TEMP MACRO number_in(words, decimal_sign) AS CASE
    WHEN regexp_full_match(words, '[+-]?[1-9]\d{0,2}[.,]\d{3}') AND NOT contains(words, decimal_sign) THEN NULL
    WHEN regexp_full_match(words, '[+-]?\d+([.,]\d+)?([eE][+-]?\d+)?')
        THEN money(TRY_CAST(replace(words, ',', '.') AS DOUBLE))
END;
