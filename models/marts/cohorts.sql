-- One row per local day on which journeys started: what has become of them by as_of.
WITH started AS (
    SELECT
        quarter_of(started_at) AS quarter,
        is_mature,
        outcome,
        count(*) AS journeys,
        sum(TRY_CAST(revenue AS DECIMAL(38, 6))) AS revenue
    FROM journeys
    GROUP BY ALL
),

dated AS (
    SELECT local_day(quarter, timezone) AS day, started.*
    FROM started
    CROSS JOIN run_settings
)

SELECT
    day,
    sum(journeys)::BIGINT AS journeys,
    coalesce(sum(journeys) FILTER (is_mature), 0)::BIGINT AS mature_journeys,
    coalesce(sum(journeys) FILTER (outcome = 'converted'), 0)::BIGINT AS converted,
    coalesce(sum(journeys) FILTER (outcome = 'dropped_off'), 0)::BIGINT AS dropped_off,
    coalesce(sum(journeys) FILTER (outcome = 'open'), 0)::BIGINT AS still_open,
    coalesce(sum(journeys) FILTER (is_mature AND outcome = 'converted'), 0)::BIGINT AS mature_converted,
    coalesce(sum(journeys) FILTER (is_mature AND outcome = 'dropped_off'), 0)::BIGINT AS mature_dropped_off,
    coalesce(sum(journeys) FILTER (is_mature AND outcome = 'open'), 0)::BIGINT AS mature_still_open,
    sum(revenue)::DOUBLE AS revenue
FROM dated
GROUP BY day
ORDER BY day
