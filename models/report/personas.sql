-- One row per touchpoint and persona: the share of the persona's journeys that has it.
SELECT phase, touchpoint, segment AS persona, journeys, share
FROM touchpoint_metrics
WHERE dimension = 'persona'
ORDER BY phase, touchpoint, persona
