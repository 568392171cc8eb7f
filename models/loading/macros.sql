-- Reading one param of an export row: the value of the first entry with that key, as text or as a number.
CREATE OR REPLACE TEMP MACRO value_of(params, keys, name) AS list_extract(params, list_position(keys, name))."value";
CREATE OR REPLACE TEMP MACRO text_of(v) AS
    coalesce(v.string_value, v.int_value::VARCHAR, v.double_value::VARCHAR, v.float_value::VARCHAR);
CREATE OR REPLACE TEMP MACRO number_of(v) AS
    coalesce(v.int_value::DOUBLE, v.double_value, v.float_value, TRY_CAST(v.string_value AS DOUBLE));
CREATE OR REPLACE TEMP MACRO whole_of(v) AS coalesce(v.int_value, TRY_CAST(number_of(v) AS BIGINT));
CREATE OR REPLACE TEMP MACRO is_named(source) AS trim(source) <> '' AND lower(trim(source)) <> '(direct)';
CREATE OR REPLACE TEMP MACRO money(amount) AS CASE WHEN isfinite(amount) THEN amount END;
CREATE OR REPLACE TEMP MACRO key_of(words) AS (md5_number(words) >> 65)::BIGINT;
