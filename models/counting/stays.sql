-- What stays tell of a phase (from_state), of the journeys in temp.recounted. dwell, active: one row per completed stay,
-- microseconds. held: one per stay that was not left and whose watch has ended, the length of the watch. running: one
-- per stay whose watch goes on, value is when it was entered, microseconds since 1970. visit: one per phase of a journey.
-- entry: one per journey, its first phase.
WITH timed AS (
    SELECT
        stays.*,
        is_censored AND NOT coalesce(is_closed, true) AS is_running,
        epoch_us(least(entered_at, as_of)) AS entered,
        epoch_us(least(stays.watched_until, as_of)) AS watched
    FROM stays
    SEMI JOIN recounted USING (journey_id)
    LEFT JOIN journeys USING (journey_id)
    CROSS JOIN run_settings
),

told AS (
    SELECT journey_id, 'dwell' AS figure, phase, round(dwell_seconds * 1e6)::BIGINT AS value
    FROM timed
    WHERE NOT is_censored
    UNION ALL
    SELECT journey_id, 'active', phase, round(active_seconds * 1e6)::BIGINT FROM timed WHERE NOT is_censored
    UNION ALL
    SELECT journey_id, 'held', phase, greatest(watched - entered, 0) FROM timed WHERE is_censored AND NOT is_running
    UNION ALL
    SELECT journey_id, 'running', phase, entered FROM timed WHERE is_running
    UNION ALL
    SELECT DISTINCT journey_id, 'visit', phase, NULL FROM timed
    UNION ALL
    SELECT journey_id, 'entry', phase, NULL FROM timed WHERE stay_number = 1
)

SELECT journey_id, figure, '' AS part, '' AS level, phase AS from_state, '' AS to_state, value FROM told
