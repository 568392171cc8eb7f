-- The rows of the journeys in temp.recounted, each with its profile: a number for all the segments that a journey counts
-- in, of all journeys and, if it began in the recent weeks, of recent ones, by temp.profile_segments. Journeys without a
-- touchpoint count for all, with their sessions, and nowhere else. Run as a script.
CREATE OR REPLACE TEMP TABLE recounted_names AS
WITH starts AS (
    SELECT journey_id, min(started_on) AS started_on FROM sessions SEMI JOIN recounted USING (journey_id) GROUP BY ALL
),

named AS (
    SELECT journey_id, dimension, segment FROM journey_segments SEMI JOIN recounted USING (journey_id)
    UNION
    SELECT journey_id, 'all', 'all' FROM starts
)

SELECT
    journey_id, dimension, segment,
    unnest(CASE
        WHEN started_on BETWEEN getvariable('recent_from') AND getvariable('recent_to') THEN ['all', 'recent']
        ELSE ['all']
    END) AS period
FROM named
LEFT JOIN starts USING (journey_id);

INSERT INTO segments
SELECT row_number() OVER () + (SELECT max(segment_number) FROM segments), *
FROM (
    SELECT DISTINCT period, dimension, segment FROM recounted_names
    EXCEPT SELECT period, dimension, segment FROM segments
);

CREATE OR REPLACE TEMP TABLE recounted_segments AS
SELECT journey_id, list(segment_number ORDER BY segment_number) AS segment_numbers
FROM recounted_names
JOIN segments USING (period, dimension, segment)
GROUP BY journey_id;

CREATE OR REPLACE TEMP TABLE profiles AS
SELECT row_number() OVER () AS profile, segment_numbers FROM (SELECT DISTINCT segment_numbers FROM recounted_segments);

CREATE OR REPLACE TEMP TABLE profile_segments AS
SELECT profile, unnest(segment_numbers) AS segment_number FROM profiles;

CREATE OR REPLACE TEMP TABLE recounted_profiles AS
SELECT journey_id, profile FROM recounted_segments JOIN profiles USING (segment_numbers);

CREATE OR REPLACE TEMP TABLE recounted_journeys AS
SELECT
    journey_id, profile, person_id, furthest_phase, outcome, is_mature, is_closed,
    touchpoint_count, touchpoints_before_purchase, seconds_to_purchase, revenue
FROM journeys
JOIN recounted_profiles USING (journey_id);

CREATE OR REPLACE TEMP TABLE recounted_sessions AS
SELECT session_id, journey_id, profile, channel, device_category, is_bounce
FROM sessions
JOIN recounted_profiles USING (journey_id);

CREATE OR REPLACE TEMP TABLE recounted_touchpoints AS
SELECT journey_id, profile, session_id, position, phase, touchpoint, occurred_at
FROM touchpoints
JOIN recounted_profiles USING (journey_id);

CREATE OR REPLACE TEMP TABLE recounted_stays AS
SELECT
    journey_id, profile, stay_number, phase, dwell_seconds, active_seconds, is_censored,
    greatest(epoch_us(least(stays.watched_until, as_of)) - epoch_us(least(entered_at, as_of)), 0) AS watched
FROM stays
JOIN recounted_profiles USING (journey_id)
CROSS JOIN run_settings;
