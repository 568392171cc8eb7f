-- One row per transition of the journeys in temp.recounted_journeys, part and level: what `transitions` counts, with the
-- number of its edge. taken is the time from entering the one state to entering the next, microseconds; null from
-- (start), from (converted) and into the ends. Run as a script.
CREATE OR REPLACE TEMP TABLE moves_made AS
WITH contacts AS (
    SELECT
        journey_id,
        position,
        phase,
        touchpoint,
        least(occurred_at, as_of) AS entered_at,
        CASE
            WHEN position > coalesce(touchpoints_before_purchase + 1, touchpoint_count) THEN 'after_purchase'
            ELSE 'to_purchase'
        END AS part,
        CASE part WHEN 'after_purchase' THEN '(converted)' ELSE '(start)' END AS opening,
        CASE
            WHEN part = 'after_purchase' AND is_closed THEN '(end)'
            WHEN part = 'after_purchase' OR outcome = 'open' THEN '(open)'
            WHEN outcome = 'converted' THEN '(converted)'
            ELSE '(drop-off)'
        END AS ending
    FROM recounted_touchpoints
    JOIN recounted_journeys USING (journey_id)
    CROSS JOIN run_settings
),

moves AS (
    SELECT
        *,
        lag(phase) OVER path AS last_phase,
        lead(touchpoint) OVER path AS next_touchpoint,
        lead(entered_at) OVER path AS next_at
    FROM contacts
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
    SELECT journey_id, CASE WHEN is_closed THEN '(end)' ELSE '(open)' END AS ending
    FROM recounted_journeys
    WHERE outcome = 'converted' AND touchpoint_count = touchpoints_before_purchase + 1
)

SELECT
    journey_id, part, 'touchpoint' AS level, touchpoint AS from_state,
    coalesce(next_touchpoint, ending) AS to_state, epoch_us(next_at) - epoch_us(entered_at) AS taken
FROM moves
UNION ALL
SELECT
    journey_id, part, 'phase', phase,
    coalesce(next_phase, ending), epoch_us(next_at) - epoch_us(entered_at)
FROM phase_runs
UNION ALL
SELECT journey_id, part, 'touchpoint', opening, touchpoint, NULL FROM first_contacts
UNION ALL
SELECT journey_id, part, 'phase', opening, phase, NULL FROM first_contacts
UNION ALL
SELECT journey_id, 'after_purchase', unnest(['phase', 'touchpoint']), '(converted)', ending, NULL
FROM quiet_purchases;

INSERT INTO edges
SELECT row_number() OVER () + (SELECT coalesce(max(edge), 0) FROM edges), *
FROM (
    SELECT DISTINCT part, level, from_state, to_state FROM moves_made
    EXCEPT SELECT part, level, from_state, to_state FROM edges
);

CREATE OR REPLACE TEMP TABLE recounted_transitions AS
SELECT journey_id, edge, part, taken
FROM moves_made
JOIN edges USING (part, level, from_state, to_state);
