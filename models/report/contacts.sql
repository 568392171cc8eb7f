-- One row per move between the ten commonest touchpoints up to the purchase; all others are one, (rest). contact_count
-- is how many moves between touchpoints the row holds.
WITH moves AS (
    FROM transitions
    WHERE part = 'to_purchase' AND level = 'touchpoint' AND dimension = $dimension AND segment = $segment
),

entered AS (
    SELECT to_state AS state, row_number() OVER (ORDER BY sum(transition_count) DESC, to_state) AS place
    FROM moves
    WHERE NOT starts_with(to_state, '(')
    GROUP BY to_state
),

named AS (
    SELECT
        coalesce(source.state, if(starts_with(from_state, '('), from_state, '(rest)')) AS from_state,
        coalesce(target.state, if(starts_with(to_state, '('), to_state, '(rest)')) AS to_state,
        transition_count
    FROM moves
    LEFT JOIN entered AS source ON from_state = source.state AND source.place <= 10
    LEFT JOIN entered AS target ON to_state = target.state AND target.place <= 10
)

SELECT
    from_state,
    to_state,
    sum(transition_count)::BIGINT AS transition_count,
    sum(transition_count) / sum(sum(transition_count)) OVER (PARTITION BY from_state) AS probability,
    count(*) AS kinds
FROM named
GROUP BY from_state, to_state
ORDER BY transition_count DESC, from_state, to_state
