-- One row per touchpoint that occurs and segment of $dimension. Reads temp.holdings, which holdings.sql makes.
WITH segmented AS (
    SELECT journey_id, segment FROM journey_segments WHERE dimension = $dimension
),

segments AS (
    SELECT segment, count(*) AS all_journeys FROM segmented GROUP BY segment
),

counted AS (
    SELECT
        segment,
        phase,
        touchpoint,
        sum(contacts)::BIGINT AS contacts,
        count(*) AS journeys,
        count(*) FILTER (is_decided) AS decided,
        count(*) FILTER (is_decided AND is_converted) AS converted
    FROM holdings
    JOIN segmented USING (journey_id)
    GROUP BY ALL
)

SELECT
    $dimension::VARCHAR AS dimension,
    segment,
    phase,
    touchpoint,
    contacts,
    journeys,
    journeys / all_journeys AS share,
    decided,
    converted,
    CASE WHEN decided > 0 THEN converted / decided END AS purchase_share,
    wilson_low(converted, decided) AS purchase_low,
    wilson_high(converted, decided) AS purchase_high
FROM counted
JOIN segments USING (segment)
ORDER BY ALL
