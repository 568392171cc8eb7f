-- One row per transition between states, part, level and segment. All are counted; none is cut off.
WITH counted AS (
    SELECT segment_number, edge, sum(transitions) AS transition_count
    FROM transition_counts
    SEMI JOIN segments USING (segment_number)
    GROUP BY segment_number, edge
),

decided AS (
    SELECT segment_number, edge, sum(transitions)::BIGINT AS decided_count
    FROM decided_transition_counts
    GROUP BY segment_number, edge
),

placed AS (
    SELECT
        segment_number, edge, duration,
        sum(transitions) OVER (PARTITION BY segment_number, edge ORDER BY duration) AS upto,
        sum(transitions) OVER (PARTITION BY segment_number, edge) AS timed
    FROM transition_counts
    SEMI JOIN segments USING (segment_number)
    WHERE duration IS NOT NULL
),

times AS (
    SELECT
        segment_number, edge,
        counted_quantile(duration, upto, timed, 0.5) / 1e6 AS median,
        counted_quantile(duration, upto, timed, 0.9) / 1e6 AS p90
    FROM placed
    GROUP BY segment_number, edge, timed
)

SELECT
    part,
    level,
    dimension,
    segment,
    from_state,
    to_state,
    transition_count::BIGINT AS transition_count,
    transition_count / sum(transition_count) OVER (PARTITION BY part, level, dimension, segment, from_state)
        AS probability,
    median AS median_seconds,
    p90 AS p90_seconds,
    CASE part WHEN 'to_purchase' THEN coalesce(decided_count, 0) END AS decided_count
FROM counted
JOIN edges USING (edge)
JOIN segments USING (segment_number)
LEFT JOIN decided USING (segment_number, edge)
LEFT JOIN times USING (segment_number, edge)
ORDER BY ALL
