-- One row per transition between states, part, level and segment of $dimension. All are counted; none is cut off.
-- Reads temp.edges, which edges.sql makes.
-- Segments go by number until the end: grouping by texts takes half as long again.
WITH segments AS (
    SELECT segment AS segment_name, (row_number() OVER (ORDER BY segment))::INTEGER AS segment
    FROM (SELECT DISTINCT segment FROM journey_segments WHERE dimension = $dimension)
),

segmented AS (
    SELECT journey_id, segments.segment
    FROM journey_segments
    JOIN segments ON segment_name = journey_segments.segment
    WHERE dimension = $dimension
),

counted AS (
    SELECT
        part, level, segment, from_state, to_state,
        count(*) AS transition_count,
        quantile_cont(seconds, [0.5, 0.9]) AS seconds
    FROM edges
    JOIN segmented USING (journey_id)
    GROUP BY ALL
)

SELECT
    part::VARCHAR AS part,
    level::VARCHAR AS level,
    $dimension::VARCHAR AS dimension,
    segment_name AS segment,
    from_state::VARCHAR AS from_state,
    to_state::VARCHAR AS to_state,
    transition_count,
    transition_count / sum(transition_count) OVER (PARTITION BY part, level, segment, from_state) AS probability,
    seconds[1] AS median_seconds,
    seconds[2] AS p90_seconds
FROM counted
JOIN segments USING (segment)
ORDER BY ALL
