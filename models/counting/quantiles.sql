-- Quantiles of values that are counted. Macros, run as a script.

-- The value at a place, counted from 0, of values in order, each with how many there are up to it.
CREATE OR REPLACE TEMP MACRO value_at(value, upto, place) AS min(value) FILTER (upto > place);

-- A quantile of counted values, interpolated linearly: its place lies between two values, or on one. upto counts the
-- values up to each, total all of them.
CREATE OR REPLACE TEMP MACRO counted_quantile(value, upto, total, share) AS
    value_at(value, upto, floor((total - 1) * share::DOUBLE))
    + (
        value_at(value, upto, ceil((total - 1) * share::DOUBLE))
        - value_at(value, upto, floor((total - 1) * share::DOUBLE))
    ) * (((total - 1) * share::DOUBLE) % 1);
