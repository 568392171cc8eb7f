-- One row per way in which time zones differ on the days looked at: those that share it, and the share of events whose
-- event_date is another than their day there. Zones that are apart by minutes only, or agree on these days, are not told
-- apart: all offsets in use are whole quarters of an hour, so quarters of an hour of events are judged, not events.
-- The variable zones lists the names that are tried.
WITH quarters AS (
    SELECT event_date, time_bucket(INTERVAL 15 MINUTE, occurred_at) AS instant, count(*) AS events
    FROM looked
    GROUP BY ALL
),

offsets AS (
    SELECT
        zone,
        list(timezone(zone, timezone('UTC', noon)) - noon ORDER BY noon) AS by_day
    FROM (SELECT unnest(getvariable('zones')) AS zone)
    CROSS JOIN (SELECT DISTINCT event_date + INTERVAL 12 HOUR AS noon FROM quarters)
    GROUP BY zone
),

ways AS (
    SELECT min(zone) AS first_zone, list(zone ORDER BY zone) AS zones FROM offsets GROUP BY by_day
)

SELECT
    zones,
    coalesce(sum(events) FILTER (timezone(first_zone, timezone('UTC', instant))::DATE <> event_date), 0) / sum(events)
        AS off
FROM quarters
CROSS JOIN ways
GROUP BY zones
ORDER BY off, zones
