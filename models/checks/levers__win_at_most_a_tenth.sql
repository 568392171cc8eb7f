-- What a tenth fewer leaving would bring is at most that tenth, lies within its interval, and is asked of every phase and
-- touchpoint up to the purchase that mature decided journeys were in.
WITH passed AS (
    SELECT
        dimension, segment, level, from_state AS state,
        coalesce(sum(decided_count) FILTER (to_state = '(drop-off)'), 0) AS left_there
    FROM transitions
    WHERE part = 'to_purchase' AND decided_count > 0
    GROUP BY ALL
),

asked AS (
    SELECT DISTINCT 'phase' AS level, phase AS state FROM lifecycle WHERE stage <> 'after'
    UNION ALL
    SELECT 'touchpoint', touchpoint FROM lifecycle WHERE stage <> 'after'
)

SELECT dimension, segment, level, state, left_here, left_there, extra_purchases, low, high
FROM levers
FULL JOIN (FROM passed SEMI JOIN asked USING (level, state)) USING (dimension, segment, level, state)
WHERE left_here IS DISTINCT FROM left_there
    OR extra_purchases NOT BETWEEN 0 AND left_here / 10 + 1e-9
    OR extra_purchases NOT BETWEEN low AND high
