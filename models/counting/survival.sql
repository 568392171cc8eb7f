-- How long people stay in a phase, watches that ended before they moved on honoured. Macros, run as a script. Durations
-- have three significant digits, as all that are counted: curves come from the counts by value alone.

-- One row per segment of some dimensions (of all without), phase and duration that stays were left after or watched for:
-- how many moved on, how many watches ended, and how many stays were still there before. Watches that still run are as
-- long as they are by now.
CREATE OR REPLACE TEMP MACRO stays_at_risk(dimensions := NULL) AS TABLE
WITH chosen AS (
    SELECT segment_number FROM segments WHERE coalesce(list_contains(dimensions, dimension), true)
),

counted AS (
    SELECT
        segment_number, phase, duration,
        CASE measure WHEN 'dwell' THEN stays ELSE 0 END AS moves,
        CASE measure WHEN 'watch' THEN stays ELSE 0 END AS ends
    FROM stay_duration_counts
    SEMI JOIN chosen USING (segment_number)
    WHERE measure IN ('dwell', 'watch')
    UNION ALL
    SELECT segment_number, phase, duration, 0, stays FROM running_watch_counts SEMI JOIN chosen USING (segment_number)
),

durations AS (
    SELECT segment_number, phase, duration, sum(moves) AS moves, sum(ends) AS ends FROM counted GROUP BY ALL
)

SELECT *, sum(moves + ends) OVER (PARTITION BY segment_number, phase ORDER BY duration DESC) AS at_risk FROM durations;

-- One row per segment and phase that has one: the Kaplan-Meier median of the time until the person moves on, seconds. At
-- equal times moves come before ends of watches.
CREATE OR REPLACE TEMP MACRO survival_medians() AS TABLE
WITH survival AS (
    SELECT
        segment_number, phase, duration,
        product((at_risk - moves) / at_risk) OVER (PARTITION BY segment_number, phase ORDER BY duration) AS surviving
    FROM stays_at_risk()
)

SELECT segment_number, phase, min(duration) / 1e6 AS median
FROM survival
WHERE surviving <= 0.5 + 1e-12
GROUP BY ALL;
