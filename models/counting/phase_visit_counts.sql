-- One row per profile and phase: how many journeys were in it, and how many began there.
SELECT profile, phase, count(DISTINCT journey_id) AS visited, count(*) FILTER (stay_number = 1) AS entered
FROM recounted_stays
GROUP BY ALL
