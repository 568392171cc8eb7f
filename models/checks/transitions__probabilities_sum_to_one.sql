-- The probabilities of all transitions that leave a state sum to 1.
SELECT part, level, dimension, segment, from_state, sum(probability) AS total
FROM transitions
GROUP BY ALL
HAVING abs(total - 1) > 1e-9
