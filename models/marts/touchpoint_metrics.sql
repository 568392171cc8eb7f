-- One row per touchpoint that occurs and segment.
WITH present AS (
    SELECT segment_number, sum(c.journeys) AS all_journeys FROM journey_outcome_counts AS c GROUP BY segment_number
),

counted AS (
    SELECT
        segment_number,
        phase,
        touchpoint,
        sum(c.contacts)::BIGINT AS contacts,
        sum(c.journeys)::BIGINT AS journeys,
        coalesce(sum(c.journeys) FILTER (is_decided), 0)::BIGINT AS decided,
        coalesce(sum(c.journeys) FILTER (is_decided AND is_converted), 0)::BIGINT AS converted
    FROM touchpoint_counts AS c
    GROUP BY ALL
)

SELECT
    dimension,
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
JOIN present USING (segment_number)
JOIN segments USING (segment_number)
ORDER BY ALL
