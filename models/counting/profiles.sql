-- Numbers the journeys in temp.recounted, and says by one number, their profile, which segments each counts in.
-- Run as a script. Those that are not listed count for all, with their sessions, and nowhere else.
INSERT INTO segments
SELECT row_number() OVER () + (SELECT coalesce(max(segment_number), 0) FROM segments), *
FROM (
    SELECT dimension, segment FROM journey_segments SEMI JOIN recounted USING (journey_id)
    EXCEPT SELECT dimension, segment FROM segments
);

CREATE OR REPLACE TEMP TABLE profiled AS
WITH places AS (
    SELECT journey_id, segment_number
    FROM journey_segments
    SEMI JOIN recounted USING (journey_id)
    JOIN segments USING (dimension, segment)
    UNION
    SELECT journey_id, segment_number
    FROM sessions
    SEMI JOIN recounted USING (journey_id)
    CROSS JOIN segments
    WHERE dimension = 'all'
)

SELECT journey_id, list(segment_number ORDER BY segment_number) AS segment_numbers FROM places GROUP BY journey_id;

CREATE OR REPLACE TEMP TABLE known_profiles AS
SELECT profile, list(segment_number ORDER BY segment_number) AS segment_numbers FROM profiles GROUP BY profile;

INSERT INTO known_profiles
SELECT row_number() OVER () + (SELECT coalesce(max(profile), 0) FROM profiles), segment_numbers
FROM (SELECT segment_numbers FROM profiled EXCEPT SELECT segment_numbers FROM known_profiles);

INSERT INTO profiles
SELECT profile, unnest(segment_numbers) FROM known_profiles ANTI JOIN profiles USING (profile);

INSERT INTO counted_journeys
SELECT journey_id, row_number() OVER () + greatest(getvariable('last_journey'), last_counted), profile
FROM profiled
JOIN known_profiles USING (segment_numbers)
CROSS JOIN (SELECT coalesce(max(journey), 0) AS last_counted FROM counted_journeys);
