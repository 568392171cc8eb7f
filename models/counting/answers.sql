-- One row per answer to a survey of the journeys in temp.recounted: its scale (part), the phase (level) and touchpoint
-- (from_state) of the contact before it, and its score (to_state). stray_answer: those of journeys that are not listed.
-- off_scale: one per answer whose score is off its scale. Reads temp.answers, which surveys.sql makes.
SELECT
    journey_id,
    CASE WHEN scale IS NULL THEN 'off_scale' WHEN outcome IS NULL THEN 'stray_answer' ELSE 'answer' END AS figure,
    coalesce(scale, '') AS part,
    coalesce(answers.phase, '') AS level,
    coalesce(touchpoint, '') AS from_state,
    coalesce(score::VARCHAR, '') AS to_state,
    NULL::BIGINT AS value
FROM answers
SEMI JOIN recounted USING (journey_id)
LEFT JOIN journeys USING (journey_id)
