CREATE OR REPLACE MACRO paths_around(
    state, before, after, part := 'to_purchase', level := 'touchpoint', dimension := 'all'
) AS TABLE
WITH states AS (
    SELECT CASE level WHEN 'phase' THEN l.phase ELSE l.touchpoint END AS name FROM lifecycle AS l
),

asked AS MATERIALIZED (
    SELECT CASE
        WHEN least(before, after) < 0 THEN error('steps back and on are numbers from 0')
        WHEN state NOT LIKE '(%' AND state NOT IN (SELECT s.name FROM states AS s WHERE s.name IS NOT NULL)
            THEN error('no ' || level || ' is called ''' || state || '''; table lifecycle names those there are')
        ELSE true
    END AS is_clear
),

followed AS (
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
JOIN asked ON asked.is_clear
ORDER BY c.segment, c.path_count DESC, c.path
