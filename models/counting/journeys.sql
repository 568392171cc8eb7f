-- What journeys and their sessions came to, of the journeys in temp.recounted. journey: one row per listed journey with
-- its furthest phase (from_state, '' where it has none), its outcome (to_state) and whether it is mature (part).
-- session: one per session, to_state tells whether it bounced; journeys that are not listed have sessions too. Offline
-- sessions are no visits.
SELECT
    journey_id,
    'journey' AS figure,
    CASE WHEN is_mature THEN 'mature' ELSE '' END AS part,
    '' AS level,
    coalesce(furthest_phase, '') AS from_state,
    outcome AS to_state,
    NULL::BIGINT AS value
FROM journeys
SEMI JOIN recounted USING (journey_id)
UNION ALL
SELECT journey_id, 'session', '', '', '', CASE WHEN is_bounce THEN 'bounce' ELSE '' END, NULL
FROM sessions
SEMI JOIN recounted USING (journey_id)
WHERE channel IS DISTINCT FROM 'Offline'
