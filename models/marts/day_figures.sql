-- One row per loaded day and figure: what the day came to in the tables as they stand. A day without any has zeros.
WITH days AS (
    SELECT
        export_day AS day,
        (SELECT max(export_day) FROM loads) - export_day <= 3 AS is_provisional
    FROM loads
    GROUP BY export_day
),

settings AS (
    SELECT timezone AS zone FROM run_settings
),

of_events AS (
    SELECT event_date AS day, count(*) AS events, count(*) - count(device_id) AS events_without_device
    FROM events
    GROUP BY event_date
),

of_sessions AS (
    SELECT timezone(zone, timezone('UTC', started_at))::DATE AS day, count(*) AS sessions
    FROM sessions, settings
    GROUP BY ALL
),

of_touchpoints AS (
    SELECT
        timezone(zone, timezone('UTC', occurred_at))::DATE AS day,
        count(*) AS touchpoints,
        count(*) FILTER (is_conversion) AS conversions,
        exact_sum(revenue) AS revenue
    FROM touchpoints, settings
    GROUP BY ALL
),

of_journeys AS (
    SELECT timezone(zone, timezone('UTC', started_at))::DATE AS day, count(*) AS journeys
    FROM journeys, settings
    GROUP BY ALL
),

told AS (
    SELECT *
    FROM days
    LEFT JOIN of_events USING (day)
    LEFT JOIN of_sessions USING (day)
    LEFT JOIN of_touchpoints USING (day)
    LEFT JOIN of_journeys USING (day)
)

SELECT day, f.table_name, f.figure, coalesce(f.value, 0)::DOUBLE AS value, is_provisional
FROM told
CROSS JOIN LATERAL (
    VALUES
    ('events', 'events', events),
    ('events', 'events_without_device', events_without_device),
    ('sessions', 'sessions_started', sessions),
    ('touchpoints', 'touchpoints', touchpoints),
    ('touchpoints', 'conversions', conversions),
    ('touchpoints', 'revenue', revenue),
    ('journeys', 'journeys_started', journeys)
) AS f(table_name, figure, value)
