-- One row per loaded day and figure: what the day came to in the tables as they stand. A day without any has zeros.
WITH days AS (
    SELECT
        export_day AS day,
        (SELECT last_day_of(as_of, timezone) FROM run_settings) - export_day <= 3 AS is_provisional
    FROM loads
    WHERE export_day IS NOT NULL
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

-- Times are counted by their quarter of an hour first.
counted AS (
    SELECT
        quarter_of(started_at) AS quarter,
        count(*) AS sessions, 0 AS touchpoints, 0 AS conversions, NULL::DECIMAL(38, 6) AS revenue, 0 AS journeys
    FROM sessions
    GROUP BY ALL
    UNION ALL
    SELECT
        quarter_of(occurred_at), 0, count(*), count(*) FILTER (is_conversion),
        sum(TRY_CAST(revenue AS DECIMAL(38, 6))), 0
    FROM touchpoints
    GROUP BY ALL
    UNION ALL
    SELECT quarter_of(started_at), 0, 0, 0, NULL, count(*) FROM journeys GROUP BY ALL
),

of_histories AS (
    SELECT
        local_day(quarter, zone) AS day,
        sum(sessions) AS sessions,
        sum(touchpoints) AS touchpoints,
        sum(conversions) AS conversions,
        sum(revenue) AS revenue,
        sum(journeys) AS journeys
    FROM counted, settings
    GROUP BY ALL
),

told AS (
    SELECT *
    FROM days
    LEFT JOIN of_events USING (day)
    LEFT JOIN of_histories USING (day)
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
