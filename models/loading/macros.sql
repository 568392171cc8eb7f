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
-- An instant in a feed: with an offset as it says, a date as the start of that local day, else by feed_timezone.
-- Days may stand first, as in 31-01-2021 14.30; a month that stands first cannot be told from one.
CREATE OR REPLACE TEMP MACRO year_first(words) AS regexp_replace(
    regexp_replace(
        regexp_replace(words, '^(\d{1,2})[-.](\d{1,2})[-.](\d{4})\b', '\3-\2-\1'),
        '^(\d+-\d+-\d+)[T ]+(\d{1,2})[.](\d{2})\b', '\1 \2:\3'
    ),
    '^(\S+ \d{1,2}:\d{2})[.](\d{2})\b', '\1:\2'
);
CREATE OR REPLACE TEMP MACRO instant_of(words) AS CASE
    WHEN regexp_full_match(words, '\d{4}-\d{1,2}-\d{1,2}')
        THEN timezone(getvariable('timezone'), TRY_CAST(words AS DATE)::TIMESTAMP)
    WHEN NOT contains(words, ':') THEN NULL
    WHEN regexp_matches(words, '(Z|z|UTC|[+-]\d{2}(:?\d{2})?)$') THEN TRY_CAST(words AS TIMESTAMPTZ)
    ELSE timezone(getvariable('feed_timezone'), TRY_CAST(words AS TIMESTAMP))
END;
-- A number in a feed, with point or comma. The sign that is not the file's own decimal sign, before just three digits,
-- may part thousands: that is no number.
CREATE OR REPLACE TEMP MACRO number_in(words, decimal_sign) AS CASE
    WHEN regexp_full_match(words, '[+-]?[1-9]\d{0,2}[.,]\d{3}') AND NOT contains(words, decimal_sign) THEN NULL
    WHEN regexp_full_match(words, '[+-]?\d+([.,]\d+)?([eE][+-]?\d+)?')
        THEN money(TRY_CAST(replace(words, ',', '.') AS DOUBLE))
END;
