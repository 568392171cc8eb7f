-- The revenue of all journeys is that of all sessions, persons and touchpoints, in whole millionths.
SELECT * FROM (
    SELECT
        (SELECT sum(revenue::DECIMAL(38, 6)) FROM touchpoints) AS of_touchpoints,
        (SELECT sum(revenue::DECIMAL(38, 6)) FROM sessions) AS of_sessions,
        (SELECT sum(revenue::DECIMAL(38, 6)) FROM journeys) AS of_journeys,
        (SELECT sum(revenue::DECIMAL(38, 6)) FROM persons) AS of_persons,
        (SELECT sum(revenue::DECIMAL(38, 6)) FROM kpis WHERE dimension = 'all') AS of_kpis
)
WHERE of_touchpoints IS DISTINCT FROM of_sessions
    OR of_touchpoints IS DISTINCT FROM of_journeys
    OR of_touchpoints IS DISTINCT FROM of_persons
    OR of_touchpoints IS DISTINCT FROM of_kpis
