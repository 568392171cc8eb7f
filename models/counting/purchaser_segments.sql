-- One row per person in temp.recounted_purchasers who bought, and segment that a journey with a conversion falls in.
WITH converting AS (
    SELECT DISTINCT journey_id, person_id FROM touchpoints SEMI JOIN recounted_purchasers USING (person_id) WHERE is_conversion
)

SELECT DISTINCT person_id, segment_number
FROM converting
JOIN journey_segments USING (journey_id)
JOIN segments USING (dimension, segment)
