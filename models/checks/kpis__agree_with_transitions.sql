-- Out of (start) go as many as there are journeys, into (converted) as many as converted, and as many leave it.
WITH counted AS (
    SELECT
        level, dimension, segment,
        coalesce(sum(transition_count) FILTER (from_state = '(start)'), 0) AS started,
        coalesce(sum(transition_count) FILTER (to_state = '(converted)'), 0) AS arrived,
        coalesce(sum(transition_count) FILTER (from_state = '(converted)'), 0) AS went_on
    FROM transitions
    GROUP BY ALL
)

SELECT level, dimension, segment, started, arrived, went_on, k.journeys, k.converted
FROM kpis AS k
FULL JOIN counted AS c USING (dimension, segment)
WHERE k.journeys > 0
    AND (started IS DISTINCT FROM k.journeys OR arrived IS DISTINCT FROM k.converted
        OR went_on IS DISTINCT FROM k.converted)
