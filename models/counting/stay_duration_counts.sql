-- One row per profile, phase, measure and duration of stays. dwell and active: of those that were left. watch: of those
-- that were not and whose watch has ended. Watches that still run change every night: running_watches.sql counts these.
WITH measured AS (
    SELECT profile, phase, 'dwell' AS measure, round(dwell_seconds * 1e6)::BIGINT AS taken
    FROM recounted_stays
    WHERE NOT is_censored
    UNION ALL
    SELECT profile, phase, 'active', round(active_seconds * 1e6)::BIGINT FROM recounted_stays WHERE NOT is_censored
    UNION ALL
    SELECT recounted_stays.profile, phase, 'watch', watched
    FROM recounted_stays
    LEFT JOIN recounted_journeys USING (journey_id)
    WHERE is_censored AND coalesce(is_closed, true)
)

SELECT profile, phase, measure, rounded_duration(taken) AS duration, count(*) AS stays, sum(taken) AS total
FROM measured
GROUP BY ALL
