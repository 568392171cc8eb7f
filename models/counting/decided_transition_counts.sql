-- One row per profile, edge up to the purchase and group of persons, of mature decided journeys: the population of the
-- chain. Reads temp.recounted_transitions.
WITH decided AS (
    SELECT journey_id, profile, group_of(person_id) AS person_group
    FROM recounted_journeys
    WHERE is_mature AND outcome <> 'open'
)

SELECT profile, edge, person_group, count(*) AS transitions
FROM recounted_transitions
JOIN decided USING (journey_id)
WHERE part = 'to_purchase'
GROUP BY ALL
