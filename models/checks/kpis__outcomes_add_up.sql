-- journeys = converted + dropped_off + still_open, and every dimension splits all journeys.
SELECT dimension, sum(journeys) AS journeys
FROM kpis
GROUP BY dimension
HAVING sum(journeys) <> sum(converted + dropped_off + still_open) OR sum(journeys) <> (SELECT count(*) FROM journeys)
