-- One row per phase that journeys ended in, those first at which most is won if a tenth fewer do; after each phase the
-- two touchpoints of it at which most is won. Each row is reckoned alone: rows are not added up.
WITH own AS (
    FROM levers WHERE dimension = $dimension AND segment = $segment AND left_here > 0
),

phases AS (
    SELECT
        row_number() OVER (ORDER BY extra_purchases DESC, left_here DESC, phase_index) AS phase_place,
        state AS phase
    FROM own
    JOIN (SELECT DISTINCT phase, phase_index FROM lifecycle) ON phase = state
    WHERE level = 'phase'
),

touchpoints AS (
    SELECT
        level, state, phase,
        row_number() OVER (PARTITION BY phase ORDER BY extra_purchases DESC, left_here DESC, state) AS place
    FROM own
    JOIN lifecycle ON touchpoint = state
    WHERE level = 'touchpoint'
    QUALIFY place <= 2
),

places AS (
    SELECT 'phase' AS level, phase AS state, phase, 0 AS place FROM phases
    UNION ALL BY NAME
    FROM touchpoints
)

SELECT
    phase,
    level,
    state,
    left_here,
    extra_purchases,
    low,
    high,
    extra_revenue,
    (SELECT currency FROM run_settings) AS currency
FROM places
JOIN phases USING (phase)
JOIN own USING (level, state)
ORDER BY phase_place, place
