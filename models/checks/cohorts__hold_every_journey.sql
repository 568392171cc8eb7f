-- The cohorts of all days are all journeys, by what became of them, and their revenue is that of all to the millionth.
WITH told AS (
    SELECT
        coalesce(sum(journeys), 0) AS journeys,
        coalesce(sum(mature_journeys), 0) AS mature_journeys,
        coalesce(sum(converted), 0) AS converted,
        coalesce(sum(dropped_off), 0) AS dropped_off,
        coalesce(sum(still_open), 0) AS still_open,
        coalesce(sum(mature_converted), 0) AS mature_converted,
        coalesce(sum(mature_dropped_off), 0) AS mature_dropped_off,
        coalesce(sum(mature_still_open), 0) AS mature_still_open,
        sum(revenue::DECIMAL(38, 6)) AS revenue
    FROM cohorts
)

FROM told
EXCEPT
SELECT
    coalesce(sum(journeys), 0),
    coalesce(sum(mature_journeys), 0),
    coalesce(sum(converted), 0),
    coalesce(sum(dropped_off), 0),
    coalesce(sum(still_open), 0),
    coalesce(sum(mature_converted), 0),
    coalesce(sum(mature_dropped_off), 0),
    coalesce(sum(mature_journeys - mature_converted - mature_dropped_off), 0),
    sum(revenue::DECIMAL(38, 6))
FROM kpis
WHERE dimension = 'all'
