-- One row per answer to the question for a recommendation, of the journeys in temp.recounted that are listed. to_state
-- tells what the answer makes of a person. Reads temp.answers, which begin.sql makes.
SELECT
    journey_id,
    'answer' AS figure,
    '' AS part,
    '' AS level,
    '' AS from_state,
    CASE WHEN score >= 9 THEN 'promoter' WHEN score <= 6 THEN 'detractor' ELSE 'passive' END AS to_state,
    NULL::BIGINT AS value
FROM answers
JOIN sessions USING (session_id)
SEMI JOIN recounted USING (journey_id)
SEMI JOIN journeys USING (journey_id)
