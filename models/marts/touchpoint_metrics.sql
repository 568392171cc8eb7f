-- One row per touchpoint that occurs and segment. Reads the counts of facts that models/counting/holdings.sql makes.
WITH present AS (
    SELECT segment_number, dimension, segment, sum(fact_count) AS all_journeys
    FROM fact_counts
    JOIN fact_kinds USING (kind)
    JOIN segments USING (segment_number)
    WHERE figure = 'journey'
    GROUP BY ALL
),

counted AS (
    SELECT
        segment_number,
        from_state AS phase,
        to_state AS touchpoint,
        sum(total)::BIGINT AS contacts,
        sum(fact_count)::BIGINT AS journeys,
        coalesce(sum(fact_count) FILTER (part = 'decided'), 0)::BIGINT AS decided,
        coalesce(sum(fact_count) FILTER (part = 'decided' AND level = 'converted'), 0)::BIGINT AS converted
    FROM fact_counts
    JOIN fact_kinds USING (kind)
    WHERE figure = 'holding'
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
ORDER BY ALL
