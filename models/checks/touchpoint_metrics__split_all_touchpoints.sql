-- The contacts of all journeys are all touchpoints, and every column but personas splits them.
SELECT dimension, contacts, found
FROM (SELECT dimension, sum(contacts) AS contacts FROM touchpoint_metrics GROUP BY dimension)
CROSS JOIN (SELECT count(*) AS found FROM touchpoints)
WHERE contacts < found OR (dimension <> 'persona' AND contacts <> found)
