-- Every touchpoint lies in exactly one stay of its journey.
SELECT j.journey_id, j.touchpoint_count, s.touchpoint_count AS in_stays
FROM {journeys} AS j
LEFT JOIN (
    SELECT journey_id, sum(touchpoint_count) AS touchpoint_count FROM {stays} GROUP BY journey_id
) AS s USING (journey_id)
WHERE j.touchpoint_count IS DISTINCT FROM s.touchpoint_count
