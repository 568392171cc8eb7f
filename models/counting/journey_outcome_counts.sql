-- One row per profile, furthest phase, outcome, maturity and touchpoint at which journeys were lost: the last one of
-- those that dropped off. Journeys with contacts of after phases alone reached no phase: they are lost in none.
WITH lost AS (
    SELECT journey_id, touchpoint
    FROM recounted_journeys
    JOIN recounted_touchpoints USING (journey_id)
    WHERE outcome = 'dropped_off' AND furthest_phase IS NOT NULL AND position = touchpoint_count
)

SELECT
    profile,
    coalesce(furthest_phase, '') AS furthest_phase,
    outcome,
    coalesce(is_mature, false) AS is_mature,
    coalesce(touchpoint, '') AS lost_at,
    count(*) AS journeys
FROM recounted_journeys
LEFT JOIN lost USING (journey_id)
GROUP BY ALL
