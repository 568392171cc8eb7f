-- Every phase of all journeys and of each persona is on the map, with as many that reached it as the funnel has.
SELECT dimension, segment, phase, reached, value
FROM phase_metrics
LEFT JOIN (
    FROM journey_map WHERE aspect = 'flow' AND item = 'reached'
) AS m USING (dimension, segment, phase)
WHERE dimension IN ('all', 'persona') AND reached IS DISTINCT FROM value
