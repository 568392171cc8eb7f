-- Into a phase or touchpoint as many transitions go as leave it.
SELECT part, level, dimension, segment, state, sum(flow) AS surplus
FROM (
    SELECT part, level, dimension, segment, to_state AS state, transition_count AS flow FROM transitions
    UNION ALL
    SELECT part, level, dimension, segment, from_state, -transition_count FROM transitions
)
WHERE state NOT IN ('(start)', '(converted)', '(drop-off)', '(open)', '(end)')
GROUP BY ALL
HAVING surplus <> 0
