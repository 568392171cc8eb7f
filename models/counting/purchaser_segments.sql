-- One row per person in temp.recounted_purchasers who bought, and segment that a journey with a conversion falls in.
WITH converting AS (
    SELECT DISTINCT journey_id, person_id FROM touchpoints SEMI JOIN recounted_purchasers USING (person_id) WHERE is_conversion
)

SELECT DISTINCT converting.person_id, segment_number
FROM converting
JOIN journey_segments AS s USING (journey_id)
LEFT JOIN journeys USING (journey_id)
JOIN segments ON segments.dimension = s.dimension AND segments.segment = s.segment
WHERE period = 'all' OR started_on BETWEEN getvariable('recent_from') AND getvariable('recent_to')
