-- How long people stay in a phase, watches that ended before they moved on honoured. Macros, run as a script.

-- One row per stay whose watch still runs: how long it has been by now, microseconds.
CREATE OR REPLACE TEMP MACRO running_watches() AS TABLE
SELECT profile, from_state AS phase, greatest(epoch_us(as_of) - value, 0) AS value
FROM journey_facts
ANTI JOIN taken_off USING (journey)
JOIN fact_kinds USING (kind)
CROSS JOIN run_settings
WHERE figure = 'running';

-- One row per segment, phase and bucket of times that stays were left after or watched for: how many moved on, how many
-- watches ended, and how many stays were still there before. Watches that still run are as long as they are by now.
CREATE OR REPLACE TEMP MACRO stays_at_risk() AS TABLE
WITH counted AS (
    SELECT
        segment_number, from_state AS phase, bucket,
        CASE figure WHEN 'dwell' THEN fact_count ELSE 0 END AS moves,
        CASE figure WHEN 'held' THEN fact_count ELSE 0 END AS ends
    FROM fact_counts
    JOIN fact_kinds USING (kind)
    WHERE figure IN ('dwell', 'held')
    UNION ALL
    SELECT segment_number, phase, bucket_of(value), 0, count(*)
    FROM running_watches()
    JOIN profiles USING (profile)
    GROUP BY ALL
),

buckets AS (
    SELECT segment_number, phase, bucket, sum(moves) AS moves, sum(ends) AS ends FROM counted GROUP BY ALL
)

SELECT *, sum(moves + ends) OVER (PARTITION BY segment_number, phase ORDER BY bucket DESC) AS at_risk FROM buckets;

-- One row per segment and phase that has one: the Kaplan-Meier median of the time until the person moves on, seconds.
-- How many of a bucket of stays move on and how many watches end, without their order, bounds the share that is still
-- there from both sides; stays are read one by one only where that leaves the median undecided, and before it in
-- buckets that hold both moves and ends.
CREATE OR REPLACE TEMP MACRO survival_medians() AS TABLE
WITH at_risk AS (
    FROM stays_at_risk()
),

-- Least is left if all watches of a bucket end before its moves, most if they end after them.
bounds AS (
    SELECT
        *,
        product(CASE WHEN moves > 0 THEN (at_risk - ends - moves) / (at_risk - ends) ELSE 1 END) OVER onward AS least,
        product((at_risk - moves) / at_risk) OVER onward AS most
    FROM at_risk
    WINDOW onward AS (PARTITION BY segment_number, phase ORDER BY bucket)
),

undecided AS (
    SELECT
        segment_number, phase,
        min(bucket) FILTER (least <= 0.5 + 1e-9) AS earliest,
        coalesce(min(bucket) FILTER (most <= 0.5 - 1e-9), max(bucket)) AS latest
    FROM bounds
    GROUP BY ALL
),

passed AS (
    SELECT *, bucket >= earliest OR (moves > 0 AND ends > 0) AS is_read
    FROM at_risk
    JOIN undecided USING (segment_number, phase)
    WHERE bucket <= latest AND earliest IS NOT NULL
),

read_watches AS (
    SELECT
        profile, from_state AS phase, bucket, value,
        (figure = 'dwell')::INTEGER AS moves, (figure = 'held')::INTEGER AS ends
    FROM journey_facts
    ANTI JOIN taken_off USING (journey)
    JOIN fact_kinds USING (kind)
    WHERE figure IN ('dwell', 'held')
    UNION ALL
    SELECT profile, phase, bucket_of(value), value, 0, 1 FROM running_watches()
),

picked AS (
    SELECT profile, phase, bucket, value, sum(moves) AS moves, sum(ends) AS ends
    FROM read_watches
    WHERE (phase, bucket) IN (SELECT phase, bucket FROM passed WHERE is_read)
    GROUP BY ALL
),

points AS (
    SELECT segment_number, phase, bucket, value, sum(moves) AS moves, sum(ends) AS ends
    FROM picked
    JOIN profiles USING (profile)
    WHERE (segment_number, phase, bucket) IN (SELECT segment_number, phase, bucket FROM passed WHERE is_read)
    GROUP BY ALL
    UNION ALL
    SELECT segment_number, phase, bucket, NULL, moves, ends FROM passed WHERE NOT is_read
),

-- At equal times moves come before ends of watches.
steps AS (
    SELECT
        segment_number, phase, bucket, p.value, p.moves,
        at_risk - sum(p.moves + p.ends) OVER (PARTITION BY segment_number, phase, bucket ORDER BY p.value)
            + p.moves + p.ends AS at_risk
    FROM points AS p
    JOIN passed USING (segment_number, phase, bucket)
),

survival AS (
    SELECT
        segment_number, phase, value,
        product((at_risk - moves) / at_risk) OVER (PARTITION BY segment_number, phase ORDER BY bucket, value) AS surviving
    FROM steps
)

SELECT segment_number, phase, min(value) / 1e6 AS median
FROM survival
WHERE surviving <= 0.5 + 1e-12
GROUP BY ALL;
