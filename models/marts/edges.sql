-- One row per transition of a journey, part and level: what `transitions` counts, made once for all dimensions.
-- Run as a script. States are enums, not texts, for a third of the time. seconds is null from (start), from
-- (converted) and into the ends.
DROP TABLE IF EXISTS temp.edges;
DROP TYPE IF EXISTS temp.edge_state;
DROP TYPE IF EXISTS temp.edge_part;
DROP TYPE IF EXISTS temp.edge_level;
CREATE TEMP TYPE edge_part AS ENUM ('to_purchase', 'after_purchase');
CREATE TEMP TYPE edge_level AS ENUM ('phase', 'touchpoint');
CREATE TEMP TYPE edge_state AS ENUM (
    SELECT phase FROM touchpoints
    UNION SELECT touchpoint FROM touchpoints
    UNION SELECT unnest(['(start)', '(converted)', '(drop-off)', '(open)', '(end)'])
    ORDER BY ALL
);

CREATE TEMP TABLE edges AS
WITH contacts AS (
    SELECT
        journey_id,
        position,
        position > coalesce(touchpoints_before_purchase + 1, touchpoint_count) AS is_after,
        outcome,
        is_closed,
        phase::edge_state AS phase,
        touchpoint::edge_state AS touchpoint,
        least(occurred_at, as_of) AS entered_at
    FROM touchpoints
    JOIN journeys USING (journey_id)
    CROSS JOIN run_settings
),

parted AS (
    SELECT
        * EXCLUDE (is_after, outcome, is_closed),
        CASE WHEN is_after THEN 'after_purchase' ELSE 'to_purchase' END::edge_part AS part,
        CASE WHEN is_after THEN '(converted)' ELSE '(start)' END::edge_state AS opening,
        CASE
            WHEN is_after AND is_closed THEN '(end)'
            WHEN is_after OR outcome = 'open' THEN '(open)'
            WHEN outcome = 'converted' THEN '(converted)'
            ELSE '(drop-off)'
        END::edge_state AS ending
    FROM contacts
),

moves AS (
    SELECT
        *,
        lag(phase) OVER path AS last_phase,
        lead(touchpoint) OVER path AS next_touchpoint,
        lead(entered_at) OVER path AS next_at
    FROM parted
    WINDOW path AS (PARTITION BY journey_id, part ORDER BY position)
),

phase_runs AS (
    SELECT
        journey_id, part, phase, ending, entered_at,
        lead(phase) OVER path AS next_phase,
        lead(entered_at) OVER path AS next_at
    FROM moves
    WHERE phase IS DISTINCT FROM last_phase
    WINDOW path AS (PARTITION BY journey_id, part ORDER BY position)
),

first_contacts AS (
    SELECT * FROM moves WHERE last_phase IS NULL
),

quiet_purchases AS (
    SELECT journey_id, CASE WHEN is_closed THEN '(end)' ELSE '(open)' END::edge_state AS ending
    FROM journeys
    WHERE outcome = 'converted' AND touchpoint_count = touchpoints_before_purchase + 1
),

all_moves AS (
    SELECT
        journey_id, part, 'touchpoint'::edge_level AS level, touchpoint AS from_state,
        coalesce(next_touchpoint, ending) AS to_state, epoch_us(next_at - entered_at) / 1e6 AS seconds
    FROM moves
    UNION ALL
    SELECT
        journey_id, part, 'phase'::edge_level, phase,
        coalesce(next_phase, ending), epoch_us(next_at - entered_at) / 1e6
    FROM phase_runs
    UNION ALL
    SELECT journey_id, part, 'touchpoint'::edge_level, opening, touchpoint, NULL FROM first_contacts
    UNION ALL
    SELECT journey_id, part, 'phase'::edge_level, opening, phase, NULL FROM first_contacts
    UNION ALL
    SELECT
        journey_id, 'after_purchase'::edge_part, unnest(['phase', 'touchpoint']::edge_level[]),
        '(converted)'::edge_state, ending, NULL
    FROM quiet_purchases
)

SELECT journey_id, part, level, from_state, to_state, seconds FROM all_moves
