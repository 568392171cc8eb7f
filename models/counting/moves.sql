-- One row per transition of a journey, part and level: what `transitions` counts. Of the journeys in temp.recounted.
-- decided_move: once more those of mature decided journeys up to the purchase, of which the chain is; value is the
-- group of the person, for the intervals of levers. Of a move value is the time from entering the one state to entering the next, microseconds; null from (start), from
-- (converted) and into the ends.
WITH chosen AS (
    SELECT journey_id, person_id, outcome, is_closed, is_mature, touchpoint_count, touchpoints_before_purchase
    FROM journeys
    SEMI JOIN recounted USING (journey_id)
),

contacts AS (
    SELECT
        journey_id,
        position,
        phase,
        touchpoint,
        least(occurred_at, as_of) AS entered_at,
        is_closed,
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
    FROM touchpoints
    JOIN chosen USING (journey_id)
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
    FROM chosen
    WHERE outcome = 'converted' AND touchpoint_count = touchpoints_before_purchase + 1
),

all_moves AS (
    SELECT
        journey_id, part, 'touchpoint' AS level, touchpoint AS from_state,
        coalesce(next_touchpoint, ending) AS to_state, epoch_us(next_at) - epoch_us(entered_at) AS value
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
    FROM quiet_purchases
)

SELECT journey_id, 'move' AS figure, part, level, from_state, to_state, value FROM all_moves
UNION ALL
SELECT journey_id, 'decided_move', part, level, from_state, to_state, group_of(person_id)
FROM all_moves
JOIN chosen USING (journey_id)
WHERE part = 'to_purchase' AND is_mature AND outcome <> 'open'
