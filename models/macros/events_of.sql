CREATE OR REPLACE MACRO events_of(journey_id) AS TABLE
SELECT
    row_number() OVER story AS event_number,
    e.occurred_at,
    e.event_name,
    e.page_path,
    e.page_title,
    t.touchpoint,
    t.phase,
    t.position,
    s.channel,
    s.session_number,
    e.revenue,
    e.event_id,
    e.session_id,
    e.device_id,
    e.person_id
FROM events AS e
JOIN sessions AS s USING (session_id)
LEFT JOIN touchpoints AS t ON t.event_id = e.event_id AND t.journey_id = journey_id
WHERE s.journey_id = journey_id
WINDOW story AS (
    ORDER BY
        e.occurred_at, s.started_at, s.session_id,
        e.batch_page_id NULLS FIRST, e.batch_ordering_id NULLS FIRST, e.batch_event_index NULLS FIRST,
        natural_rank(e.event_name), e.event_name, e.export_date, e.content_rank
)
ORDER BY event_number
