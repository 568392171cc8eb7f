CREATE OR REPLACE MACRO steps_of(steps, within := NULL, ordered := 'loose', level := 'touchpoint') AS TABLE
WITH RECURSIVE stairs AS (
    SELECT unnest(range(1, len(steps) + 1))::INTEGER AS step_number, unnest(steps) AS step
),

wanted AS MATERIALIZED (
    SELECT stairs.step_number, unnest(list_distinct(string_split(stairs.step, '|'))) AS name FROM stairs
),

unknown AS (
    SELECT wanted.name
    FROM wanted
    ANTI JOIN (SELECT unnest([l.touchpoint, l.phase]) AS name, unnest(['touchpoint', 'phase']) AS kind FROM lifecycle AS l)
        AS known ON known.name = wanted.name AND known.kind = level
    WHERE level <> 'event'
),

asked AS MATERIALIZED (
    SELECT CASE
        WHEN ordered NOT IN ('loose', 'strict', 'any')
            THEN error('ordered is ''' || ordered || '''; it is one of loose, strict and any')
        WHEN level NOT IN ('event', 'touchpoint', 'phase')
            THEN error('level is ''' || level || '''; it is one of event, touchpoint and phase')
        WHEN (SELECT count(*) FROM unknown) > 0
            THEN error('no ' || level || ' is called ''' || (SELECT min(unknown.name) FROM unknown)
                || '''; table lifecycle names those there are')
        ELSE true
    END AS is_clear
),

-- What the steps are looked for among, in the order of the journey; between strict steps nothing may lie.
passed AS (
    SELECT t.journey_id, t.position AS place, t.occurred_at, t.touchpoint AS name
    FROM touchpoints AS t
    WHERE level = 'touchpoint'
    UNION ALL
    SELECT s.journey_id, s.stay_number, s.entered_at, s.phase
    FROM stays AS s
    WHERE level = 'phase'
    UNION ALL
    SELECT
        s.journey_id,
        row_number() OVER (
            PARTITION BY s.journey_id
            ORDER BY
                e.occurred_at, s.started_at, s.session_id,
                e.batch_page_id NULLS FIRST, e.batch_ordering_id NULLS FIRST, e.batch_event_index NULLS FIRST,
                natural_rank(e.event_name), e.event_name, e.export_date, e.content_rank
        ),
        e.occurred_at,
        e.event_name
    FROM events AS e
    JOIN sessions AS s USING (session_id)
    WHERE level = 'event' AND (ordered = 'strict' OR e.event_name IN (SELECT wanted.name FROM wanted))
),

matched AS MATERIALIZED (
    SELECT wanted.step_number, passed.journey_id, passed.place::BIGINT AS place, least(passed.occurred_at, r.as_of) AS moment
    FROM passed
    JOIN wanted USING (name)
    CROSS JOIN run_settings AS r
),

-- A row is a place at which a journey has taken so many steps; begun_at is the latest time that they can have begun.
taken AS (
    SELECT m.step_number, m.journey_id, m.place, m.moment, m.moment AS begun_at FROM matched AS m WHERE m.step_number = 1
    UNION ALL
    SELECT DISTINCT n.step_number, n.journey_id, n.place, n.moment, least(n.begun_at, n.met_at)
    FROM (
        SELECT
            b.step_number, b.journey_id, b.place, b.moment,
            max(b.begun_at) OVER earlier AS begun_at,
            CASE ordered WHEN 'any' THEN max(b.met_at) OVER earlier ELSE b.met_at END AS met_at
        FROM (
            SELECT t.step_number + 1 AS step_number, t.journey_id, t.place, t.moment, t.begun_at, NULL::TIMESTAMP AS met_at
            FROM taken AS t
            UNION ALL
            SELECT m.step_number, m.journey_id, m.place, m.moment, NULL, m.moment
            FROM matched AS m
            JOIN (SELECT DISTINCT t.step_number + 1 AS step_number FROM taken AS t) AS due USING (step_number)
        ) AS b
        WINDOW earlier AS (
            PARTITION BY b.journey_id
            ORDER BY b.place
            RANGE BETWEEN CASE ordered WHEN 'strict' THEN 1 ELSE 1000000000 END PRECEDING
                AND CASE ordered WHEN 'any' THEN 0 ELSE 1 END PRECEDING
        )
    ) AS n
    WHERE n.begun_at IS NOT NULL AND n.met_at IS NOT NULL
        AND coalesce(n.moment <= least(n.begun_at, n.met_at) + within, true)
)

SELECT t.journey_id, max(t.step_number) AS steps_taken
FROM taken AS t
JOIN asked ON asked.is_clear
GROUP BY t.journey_id
