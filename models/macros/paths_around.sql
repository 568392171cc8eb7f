CREATE OR REPLACE MACRO paths_around(
    state, before, after, part := 'to_purchase', level := 'touchpoint', dimension := 'all'
) AS TABLE
WITH followed AS (
    SELECT
        p.journey_id,
        p.states,
        unnest([i for i in range(1, len(p.states) + 1) if p.states[i] = state]) AS place
    FROM paths_of(part := part, level := level) AS p
    WHERE list_contains(p.states, state)
),

counted AS (
    SELECT
        g.segment,
        f.states[greatest(f.place - before, 1) : f.place + after] AS path,
        count(*) AS path_count,
        count(DISTINCT f.journey_id) AS journeys
    FROM followed AS f
    JOIN journey_segments AS g USING (journey_id)
    WHERE g.dimension = dimension
    GROUP BY ALL
)

SELECT
    dimension AS dimension,
    c.segment,
    c.path,
    c.path_count,
    c.path_count / sum(c.path_count) OVER (PARTITION BY c.segment) AS share,
    c.journeys
FROM counted AS c
ORDER BY c.segment, c.path_count DESC, c.path
