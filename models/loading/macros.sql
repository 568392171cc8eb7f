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
