-- One row per move between phases up to the purchase: how often, and how long after entering the first.
WITH phases AS (
    SELECT DISTINCT phase AS state, phase_index AS place FROM lifecycle
    UNION ALL
    VALUES ('(start)', 0), ('(converted)', 1001), ('(drop-off)', 1002), ('(open)', 1003)
)

SELECT from_state, to_state, transition_count, probability, median_seconds
FROM transitions
JOIN phases AS source ON from_state = source.state
JOIN phases AS target ON to_state = target.state
WHERE part = 'to_purchase' AND level = 'phase' AND dimension = $dimension AND segment = $segment
ORDER BY source.place, target.place
