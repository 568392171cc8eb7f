-- The day that GA4 exports with an event is the local day on which it happened, but for one event in a hundred, such as
-- those of a clock that is wrong. More mean that the setting `timezone` is not that of the property: days, cohorts and
-- `as_of` are shifted. A zone that fits is named, unless none fits better.
WITH moments AS MATERIALIZED (
    SELECT event_date, quarter_of(occurred_at) AS quarter, count(*) AS events
    FROM events
    WHERE is_of_feed(content_rank) IS NOT TRUE
    GROUP BY ALL
),

now AS (
    SELECT
        sum(events) AS events,
        coalesce(sum(events) FILTER (local_day(quarter, getvariable('timezone')) <> event_date), 0) AS differing
    FROM moments
),

suspect AS MATERIALIZED (
    FROM moments WHERE (SELECT 100 * differing > events FROM now)
),

offsets AS (
    SELECT
        minutes,
        coalesce(sum(events) FILTER (make_timestamp((15 * quarter + minutes) * 60_000_000)::DATE <> event_date), 0)
            AS differing
    FROM suspect, unnest(range(-720, 841, 30)) AS half_hours(minutes)
    GROUP BY minutes
),

-- A zone for each way to keep the clock that is common, those of the Nordics first.
zones AS (
    SELECT zone, place, coalesce(sum(events) FILTER (local_day(quarter, zone) <> event_date), 0) AS differing
    FROM suspect, (
        SELECT unnest(names) AS zone, generate_subscripts(names, 1) AS place
        FROM (
            SELECT [
                'Europe/Copenhagen', 'Europe/Helsinki', 'UTC', 'Atlantic/Reykjavik', 'Europe/London', 'Europe/Istanbul',
                'America/New_York', 'America/Chicago', 'America/Denver', 'America/Phoenix', 'America/Los_Angeles',
                'America/Anchorage', 'Pacific/Honolulu', 'America/Halifax', 'America/St_Johns', 'America/Sao_Paulo',
                'America/Santiago', 'Asia/Jerusalem', 'Africa/Johannesburg', 'Asia/Dubai', 'Asia/Karachi', 'Asia/Kolkata',
                'Asia/Kathmandu', 'Asia/Dhaka', 'Asia/Bangkok', 'Asia/Singapore', 'Asia/Tokyo', 'Australia/Perth',
                'Australia/Adelaide', 'Australia/Brisbane', 'Australia/Sydney', 'Pacific/Auckland'
            ] AS names
        )
    )
    GROUP BY zone, place
),

best AS (
    SELECT minutes, differing FROM offsets ORDER BY differing, minutes % 60 <> 0, abs(minutes), minutes LIMIT 1
),

fitting AS (
    SELECT zone, place, zones.differing
    FROM zones, best
    WHERE zones.differing <= best.differing
    QUALIFY zones.differing = min(zones.differing) OVER ()
    ORDER BY place
    LIMIT 3
),

named AS (
    SELECT min(differing) AS differing, string_agg(zone, ', ' ORDER BY place) AS names FROM fitting
)

SELECT
    format(
        'setting timezone is {}, but the local day is not the event_date of {} of {} events ({:.1f} %); at'
        || ' UTC{}{:02d}:{:02d} that would be {:.1f} %{}: set the time zone of the property',
        getvariable('timezone'), now.differing, now.events, 100 * now.differing / now.events,
        if(minutes < 0, '-', '+'), abs(minutes) // 60, abs(minutes) % 60, 100 * best.differing / now.events,
        CASE
            WHEN names IS NOT NULL THEN format(', in {} {:.1f} %', names, 100 * named.differing / now.events)
            WHEN minutes % 60 = 0 THEN format(' (Etc/GMT{:+d})', -minutes // 60)
            ELSE ''
        END
    ) AS alarm
FROM now, best, named
WHERE least(best.differing, named.differing) < now.differing
