-- One macro per idea that several marts, and analysts, need; stored in the file, read by DuckDB 1.2 and later.

-- Value of the first entry with that key, as text: the first of string, int, double and float that is set.
CREATE OR REPLACE MACRO param_text(event_params, key) AS coalesce(
    list_extract(event_params, list_position([entry.key for entry in event_params], key)).value.string_value,
    list_extract(event_params, list_position([entry.key for entry in event_params], key)).value.int_value::VARCHAR,
    list_extract(event_params, list_position([entry.key for entry in event_params], key)).value.double_value::VARCHAR,
    list_extract(event_params, list_position([entry.key for entry in event_params], key)).value.float_value::VARCHAR
);

-- The same as a number: the first of int, double and float that is set, else a string that reads as a number.
CREATE OR REPLACE MACRO param_number(event_params, key) AS coalesce(
    list_extract(event_params, list_position([entry.key for entry in event_params], key)).value.int_value::DOUBLE,
    list_extract(event_params, list_position([entry.key for entry in event_params], key)).value.double_value,
    list_extract(event_params, list_position([entry.key for entry in event_params], key)).value.float_value,
    TRY_CAST(
        list_extract(event_params, list_position([entry.key for entry in event_params], key)).value.string_value AS DOUBLE
    )
);

-- Lower end of the 95 % Wilson interval of k out of n (z = 1.959964); null for nothing out of nothing.
CREATE OR REPLACE MACRO wilson_low(k, n) AS CASE
    WHEN n > 0 AND k = 0 THEN CAST(0 AS DOUBLE)
    WHEN n > 0 THEN greatest(
        CAST(0 AS DOUBLE),
        (k + 1.959964 ^ 2 / 2 - 1.959964 * sqrt(k * (1 - k / n) + 1.959964 ^ 2 / 4))
        / (n + 1.959964 ^ 2)
    )
END;

-- Upper end of the same interval.
CREATE OR REPLACE MACRO wilson_high(k, n) AS CASE
    WHEN n > 0 AND k = n THEN CAST(1 AS DOUBLE)
    WHEN n > 0 THEN least(
        CAST(1 AS DOUBLE),
        (k + 1.959964 ^ 2 / 2 + 1.959964 * sqrt(k * (1 - k / n) + 1.959964 ^ 2 / 4))
        / (n + 1.959964 ^ 2)
    )
END;

-- Sum and mean that the order of rows cannot change: whole millionths are added, not floating-point numbers.
CREATE OR REPLACE MACRO exact_sum(amount) AS CAST(sum(TRY_CAST(amount AS DECIMAL(38, 6))) AS DOUBLE);
CREATE OR REPLACE MACRO exact_mean(amount) AS
    CAST(sum(TRY_CAST(amount AS DECIMAL(38, 6))) AS DOUBLE) / count(amount);

-- Seconds from one time to another, neither counted beyond as_of nor the difference below zero.
CREATE OR REPLACE MACRO seconds_until(earlier, later, as_of) AS
    greatest(epoch_us(least(later, as_of)) - epoch_us(least(earlier, as_of)), 0) / 1e6;

-- Bucket of a number of microseconds: sixteen to a doubling.
CREATE OR REPLACE MACRO bucket_of(value) AS CAST(floor(16 * log2(1 + value)) AS SMALLINT);

-- Whether an event came by a feed: they are ranked from 2^30 on, so that they stand after all equals from exports.
CREATE OR REPLACE MACRO is_of_feed(content_rank) AS content_rank >= 1073741824;
