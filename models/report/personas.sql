-- One row per touchpoint and persona, and for all: the share of their journeys that has it.
SELECT phase, touchpoint, segment AS persona, journeys, share
FROM touchpoint_metrics
WHERE dimension IN ('all', 'persona')
ORDER BY phase, touchpoint, persona
