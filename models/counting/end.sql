-- Adds what was counted anew to the counts, in each segment of its profile. Run as a script, last of all.
INSERT INTO changes
SELECT profile, kind, counted_as(figure, value), count(*), sum(value)
FROM journey_facts
JOIN fact_kinds USING (kind)
WHERE journey > getvariable('last_journey')
GROUP BY ALL;

CREATE OR REPLACE TEMP TABLE counts_now AS
WITH added AS (
    SELECT segment_number, kind, counted_value, fact_count, total FROM changes JOIN profiles USING (profile)
    UNION ALL
    FROM fact_counts
)

SELECT segment_number, kind, counted_value, sum(added.fact_count)::BIGINT AS fact_count, sum(added.total) AS total
FROM added
GROUP BY ALL
HAVING sum(added.fact_count) > 0;

DELETE FROM fact_counts;

INSERT INTO fact_counts FROM counts_now;
