-- The shares of a segment sum to 1 over all its converted journeys.
SELECT dimension, segment, sum(share) AS total, sum(journeys) AS journeys
FROM touchpoints_before_purchase
GROUP BY ALL
HAVING abs(total - 1) > 1e-9
