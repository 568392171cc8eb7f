-- One row per phase and touchpoint at which journeys of a segment of $dimension ended that dropped off.
-- Journeys with contacts of after phases alone reached no phase: they are in none, as in phase_metrics.
WITH segmented AS (
    SELECT journey_id, segment FROM journey_segments WHERE dimension = $dimension
),

exits AS (
    SELECT segment, furthest_phase AS phase, touchpoint, count(*) AS dropped_off
    FROM journeys
    JOIN touchpoints ON touchpoints.journey_id = journeys.journey_id AND position = touchpoint_count
    JOIN segmented ON segmented.journey_id = journeys.journey_id
    WHERE outcome = 'dropped_off' AND furthest_phase IS NOT NULL
    GROUP BY ALL
),

purchases AS (
    SELECT segment, revenue / converted AS mean_revenue
    FROM kpis
    WHERE dimension = $dimension AND converted > 0
),

valued AS (
    SELECT exits.*, dropped_off * purchase_share * mean_revenue AS value_at_stake
    FROM exits
    LEFT JOIN touchpoint_metrics AS t
        ON t.dimension = $dimension AND t.segment = exits.segment AND t.touchpoint = exits.touchpoint
    LEFT JOIN purchases ON purchases.segment = exits.segment
)

SELECT
    $dimension::VARCHAR AS dimension,
    segment,
    phase,
    touchpoint,
    dropped_off,
    value_at_stake,
    value_at_stake / nullif(sum(value_at_stake) OVER (PARTITION BY segment), 0) AS share,
    least(1, CASE WHEN value_at_stake IS NOT NULL THEN
        sum(value_at_stake) OVER greatest_first / nullif(sum(value_at_stake) OVER (PARTITION BY segment), 0)
    END) AS cumulative_share
FROM valued
WINDOW greatest_first AS (
    PARTITION BY segment ORDER BY value_at_stake DESC NULLS LAST, phase, touchpoint ROWS UNBOUNDED PRECEDING
)
ORDER BY ALL
