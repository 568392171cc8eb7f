CREATE OR REPLACE MACRO journey_of(person_id) AS TABLE
SELECT
    j.journey_number,
    t.position,
    t.occurred_at,
    t.phase,
    t.touchpoint,
    t.channel,
    s.device_category,
    t.event_count,
    t.is_conversion,
    t.revenue,
    t.seconds_to_next,
    j.outcome,
    t.journey_id,
    t.session_id,
    t.touchpoint_id
FROM touchpoints AS t
JOIN journeys AS j USING (journey_id)
JOIN sessions AS s USING (session_id)
WHERE t.person_id = person_id
ORDER BY j.journey_number, t.position
