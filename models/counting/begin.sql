-- Takes off what stale journeys were counted as. Run as a script, first of all.

-- What facts are counted by beside their kind: durations to three significant digits, so that quantiles and curves come
-- from the counts alone; the group of a person as it is; nothing of other facts, whose values are only summed.
CREATE OR REPLACE TEMP MACRO counted_as(figure, value) AS CASE
    WHEN figure IN ('move', 'dwell', 'active', 'held') THEN rounded_duration(value)
    WHEN figure = 'decided_move' THEN value
END;

CREATE OR REPLACE TEMP TABLE stale AS
SELECT journey_id, (row_number() OVER () - 1) // getvariable('chunk_rows') AS chunk
FROM stale_journeys
WHERE NOT is_counted;

-- All journeys are a segment, also where there are none yet.
INSERT INTO segments
SELECT coalesce(max(segment_number), 0) + 1, 'all', 'all'
FROM segments
HAVING count(*) FILTER (dimension = 'all') = 0;

CREATE OR REPLACE TEMP TABLE uncounted AS
SELECT journey FROM counted_journeys SEMI JOIN stale USING (journey_id);

CREATE OR REPLACE TEMP TABLE changes AS
SELECT profile, kind, counted_as(figure, value) AS counted_value, -count(*) AS fact_count, -sum(value) AS total
FROM journey_facts
SEMI JOIN uncounted USING (journey)
JOIN fact_kinds USING (kind)
GROUP BY ALL;

-- To delete facts, which lie all over the table, would take memory for each that it holds: they are passed over.
INSERT INTO taken_off SELECT journey FROM uncounted;

SET VARIABLE last_journey = (
    SELECT coalesce(max(journey), 0)
    FROM (SELECT journey FROM counted_journeys UNION ALL SELECT journey FROM taken_off)
);

DELETE FROM counted_journeys WHERE journey_id IN (SELECT journey_id FROM stale);
