-- One row per journey that dropped off, of those in temp.recounted: its furthest phase (from_state) and its last
-- touchpoint (to_state). Journeys with contacts of after phases alone reached no phase: they are in none.
SELECT
    journeys.journey_id,
    'exit' AS figure,
    '' AS part,
    '' AS level,
    furthest_phase AS from_state,
    touchpoint AS to_state,
    NULL::BIGINT AS value
FROM journeys
SEMI JOIN recounted USING (journey_id)
JOIN touchpoints ON touchpoints.journey_id = journeys.journey_id AND position = touchpoint_count
WHERE outcome = 'dropped_off' AND furthest_phase IS NOT NULL
