-- journeys = converted + dropped_off + still_open, and every dimension splits all journeys; personas may overlap.
WITH found AS (
    SELECT count(*) AS journeys FROM journeys
)

SELECT dimension, sum(kpis.journeys) AS journeys
FROM kpis
CROSS JOIN found
GROUP BY dimension, found.journeys
HAVING sum(kpis.journeys) <> sum(converted + dropped_off + still_open)
    OR sum(kpis.journeys) < found.journeys
    OR max(kpis.journeys) > found.journeys
    OR (dimension <> 'persona' AND sum(kpis.journeys) <> found.journeys)
