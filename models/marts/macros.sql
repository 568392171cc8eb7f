-- One macro per idea that several marts, and analysts, need; stored in the file, read by DuckDB 1.4 and later.

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

-- A text without the white space around it, of any kind, as Polars strips it.
CREATE OR REPLACE MACRO stripped(words) AS
    regexp_replace(words, '^[\t-\r\x{85}\p{Z}]+|[\t-\r\x{85}\p{Z}]+$', '', 'g');

-- Code of a currency as codes are compared: in capitals, without blanks around it; null where none is named.
CREATE OR REPLACE MACRO currency_code(currency) AS nullif(nullif(upper(stripped(currency)), ''), '(NOT SET)');

-- Whether a transaction id names one transaction: not null, not blank and not `(not set)`.
CREATE OR REPLACE MACRO is_usable(transaction_id) AS
    coalesce(stripped(transaction_id) NOT IN ('', '(not set)'), false);

-- Seconds from one time to another, neither counted beyond as_of nor the difference below zero.
CREATE OR REPLACE MACRO seconds_until(earlier, later, as_of) AS
    greatest(epoch_us(least(later, as_of)) - epoch_us(least(earlier, as_of)), 0) / 1e6;

-- A duration as durations are counted: three significant digits, half up, of whole microseconds; 0 under a millisecond.
CREATE OR REPLACE MACRO rounded_duration(microseconds) AS CASE
    WHEN microseconds < 1000 THEN CAST(0 AS BIGINT)
    ELSE (microseconds + CAST(10 ^ (length(CAST(microseconds AS VARCHAR)) - 3) AS BIGINT) // 2)
        // CAST(10 ^ (length(CAST(microseconds AS VARCHAR)) - 3) AS BIGINT)
        * CAST(10 ^ (length(CAST(microseconds AS VARCHAR)) - 3) AS BIGINT)
END;

-- The group of a person, 0 to 9, by the first 32 bits of the MD5 of the key: the same every night and on every machine.
-- Intervals of figures that have no formula for theirs leave out one group after the other.
CREATE OR REPLACE MACRO group_of(person_id) AS CAST(CAST('0x' || left(md5(person_id), 8) AS UBIGINT) % 10 AS BIGINT);

-- The quarter of an hour that a UTC time lies in, and the local day of such a quarter. All of it is of one local day, in
-- every zone: to tell the day of each row of a long table would take longer than the rest.
CREATE OR REPLACE MACRO quarter_of(moment) AS epoch_us(moment) // 900_000_000;
CREATE OR REPLACE MACRO local_day(quarter, zone) AS
    CAST(timezone(zone, timezone('UTC', make_timestamp(quarter * 900_000_000))) AS DATE);

-- The last day loaded that holds an event of its own: as_of is the end of it.
CREATE OR REPLACE MACRO last_day_of(as_of, zone) AS local_day(quarter_of(as_of) - 1, zone);

-- Whether an event came by a feed: they are ranked from 2^30 on, so that they stand after all equals from exports.
CREATE OR REPLACE MACRO is_of_feed(content_rank) AS content_rank >= 1073741824;

-- The scale of an answer to a survey: csat where its param `survey` says so, else nps.
CREATE OR REPLACE MACRO scale_of(event_params) AS
    CASE WHEN param_text(event_params, 'survey') = 'csat' THEN 'csat' ELSE 'nps' END;

-- Whether a score lies on its scale: 0 to 10 for nps, 1 to 5 for csat.
CREATE OR REPLACE MACRO is_of_scale(score, scale) AS
    coalesce(CASE WHEN scale = 'csat' THEN score BETWEEN 1 AND 5 ELSE score BETWEEN 0 AND 10 END, false);

-- The 97.5 % quantile of Student's t with so many degrees of freedom, by the expansion of Abramowitz and Stegun 26.7.5:
-- off by less than 0.0001 from 9 degrees on.
CREATE OR REPLACE MACRO student_quantile(freedom) AS
    1.959964
    + (1.959964 ^ 3 + 1.959964) / (4 * freedom)
    + (5 * 1.959964 ^ 5 + 16 * 1.959964 ^ 3 + 3 * 1.959964) / (96 * freedom ^ 2)
    + (3 * 1.959964 ^ 7 + 19 * 1.959964 ^ 5 + 17 * 1.959964 ^ 3 - 15 * 1.959964) / (384 * freedom ^ 3)
    + (
        79 * 1.959964 ^ 9 + 776 * 1.959964 ^ 7 + 1482 * 1.959964 ^ 5 - 1920 * 1.959964 ^ 3 - 945 * 1.959964
    ) / (92160 * freedom ^ 4);

-- Half the width of the 95 % adjusted Wald interval of a net promoter score, of which the variance is that of promoter
-- minus detractor, p + d - (p - d)^2, after 3/4 promoter, 3/4 detractor and 3/2 passives are added (Rocks 2016, The
-- American Statistician 70:4): without them ten equal answers would leave no doubt.
CREATE OR REPLACE MACRO nps_margin(promoters, detractors, answers) AS 1.959964 * sqrt(
    ((promoters + detractors + 1.5) / (answers + 3) - ((promoters - detractors) / (answers + 3)) ^ 2) / (answers + 3)
);

-- Its two ends.
CREATE OR REPLACE MACRO nps_low(promoters, detractors, answers) AS greatest(
    (promoters - detractors) / (answers + 3) - nps_margin(promoters, detractors, answers), CAST(-1 AS DOUBLE)
);
CREATE OR REPLACE MACRO nps_high(promoters, detractors, answers) AS least(
    (promoters - detractors) / (answers + 3) + nps_margin(promoters, detractors, answers), CAST(1 AS DOUBLE)
);

-- Whether people leave a page because they have read it: terms, policies, privacy and the like, in four languages.
CREATE OR REPLACE MACRO ends_by_nature(page_path) AS coalesce(regexp_matches(
    page_path,
    '/[^/]*(privacy|cookie|terms|conditions|polic(y|ies)|politik|policy|legal|imprint|gdpr|persondata|personvern|'
        || 'integritet|vilk(å|%C3%A5|aa|a)r|betingelse|villkor)[^/]*/?$',
    'i'
), false)
