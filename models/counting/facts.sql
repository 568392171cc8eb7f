-- Writes down the facts in temp.found, each with the number of its kind. Run as a script. They are stored by kind, so
-- that who looks for some kinds passes over the rest.
INSERT INTO fact_kinds
SELECT row_number() OVER () + (SELECT coalesce(max(kind), 0) FROM fact_kinds), *
FROM (
    SELECT figure, part, level, from_state, to_state FROM found
    EXCEPT SELECT figure, part, level, from_state, to_state FROM fact_kinds
);

INSERT INTO journey_facts
SELECT journey, profile, kind, value
FROM found
JOIN counted_journeys USING (journey_id)
JOIN fact_kinds USING (figure, part, level, from_state, to_state)
ORDER BY kind;
