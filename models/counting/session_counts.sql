-- One row per profile and whether sessions bounced. Offline sessions are no visits.
SELECT profile, coalesce(is_bounce, false) AS is_bounce, count(*) AS sessions
FROM recounted_sessions
WHERE channel IS DISTINCT FROM 'Offline'
GROUP BY ALL
