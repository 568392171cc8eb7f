-- A journey counts the touchpoints that it has, and converts exactly when one of them is a conversion.
SELECT j.journey_id
FROM {journeys} AS j
LEFT JOIN (
    SELECT journey_id, count(*) AS touchpoint_count, bool_or(is_conversion) AS has_conversion
    FROM {touchpoints} GROUP BY journey_id
) AS t USING (journey_id)
WHERE j.touchpoint_count IS DISTINCT FROM t.touchpoint_count
    OR (j.outcome = 'converted') IS DISTINCT FROM t.has_conversion
