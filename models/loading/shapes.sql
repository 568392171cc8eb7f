-- Whether anything stands in a value besides empty records, lists, texts and nulls: each step takes one level of them.
CREATE OR REPLACE TEMP MACRO without_empty_fields(words) AS
    regexp_replace(words, '"(?:[^"\\]|\\.)*"\s*:\s*(?:null|\{[\s,]*\}|\[[\s,{}]*\]|"")', '', 'g');
CREATE OR REPLACE TEMP MACRO holds_something(words) AS regexp_matches(
    regexp_replace(
        without_empty_fields(without_empty_fields(without_empty_fields(without_empty_fields(words)))),
        'null|"(?:[\s\[\]{}]|null)*"', '', 'g'
    ),
    '[^\s\[\]{},]'
);
-- What values of JSON are read together: those of one type, apart from those in which a record of one field stands around
-- the rest, for what is within differs from what others hold.
CREATE OR REPLACE TEMP MACRO layer_of(j) AS CASE
    WHEN json_type(j) = 'OBJECT' AND len(json_keys(j)) = 1 AND json_type(json_extract(j, '$.*')[1]) IN ('ARRAY', 'OBJECT')
        THEN ' ' || json_keys(j)[1]
    ELSE ''
END;
CREATE OR REPLACE TEMP MACRO form_of(j) AS
    json_type(j) || CASE json_type(j) WHEN 'ARRAY' THEN layer_of(json_extract(j, '$[0]')) ELSE layer_of(j) END;
