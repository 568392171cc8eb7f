-- One row per profile, edge and time that it took. Reads temp.recounted_transitions.
SELECT profile, edge, rounded_duration(taken) AS duration, count(*) AS transitions
FROM recounted_transitions
JOIN recounted_journeys USING (journey_id)
GROUP BY ALL
