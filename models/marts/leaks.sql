-- One row per phase, touchpoint and segment at which journeys ended that dropped off.
-- Reads the counts of facts that models/counting/exits.sql makes.
WITH exits AS (
    SELECT
        dimension, segment, from_state AS phase, to_state AS touchpoint, sum(fact_count)::BIGINT AS dropped_off
    FROM fact_counts
    JOIN fact_kinds USING (kind)
    JOIN segments USING (segment_number)
    WHERE figure = 'exit'
    GROUP BY ALL
),

purchases AS (
    SELECT dimension, segment, revenue / converted AS mean_revenue FROM kpis WHERE converted > 0
),

contacts AS (
    SELECT dimension, segment, touchpoint, purchase_share FROM touchpoint_metrics
),

valued AS (
    SELECT exits.*, dropped_off * purchase_share * mean_revenue AS value_at_stake
    FROM exits
    LEFT JOIN contacts USING (dimension, segment, touchpoint)
    LEFT JOIN purchases USING (dimension, segment)
)

-- Sums are taken in one order, so that they come out the same every night.
SELECT
    dimension,
    segment,
    phase,
    touchpoint,
    dropped_off,
    value_at_stake,
    value_at_stake / nullif(sum(value_at_stake) OVER whole_segment, 0) AS share,
    least(1, CASE WHEN value_at_stake IS NOT NULL THEN
        sum(value_at_stake) OVER greatest_first / nullif(sum(value_at_stake) OVER whole_segment, 0)
    END) AS cumulative_share
FROM valued
WINDOW
    greatest_first AS (
        PARTITION BY dimension, segment
        ORDER BY value_at_stake DESC NULLS LAST, phase, touchpoint
        ROWS UNBOUNDED PRECEDING
    ),
    whole_segment AS (
        PARTITION BY dimension, segment
        ORDER BY value_at_stake DESC NULLS LAST, phase, touchpoint
        ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    )
ORDER BY ALL
