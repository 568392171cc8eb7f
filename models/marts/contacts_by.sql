-- One row per phase and channel, or device category, of the sessions in which its contacts were made.
WITH made AS (
    SELECT
        phase,
        quality,
        value,
        coalesce(sum(c.contacts) FILTER (dimension = 'all'), 0)::BIGINT AS contacts,
        coalesce(sum(c.journeys) FILTER (dimension = 'all'), 0)::BIGINT AS journeys,
        coalesce(sum(c.contacts) FILTER (dimension = quality AND segment = value), 0)::BIGINT AS contacts_as_first
    FROM contact_counts AS c
    JOIN segments USING (segment_number)
    WHERE dimension = 'all' OR (dimension = quality AND segment = value)
    GROUP BY ALL
)

SELECT
    phase,
    quality AS dimension,
    value,
    contacts,
    journeys,
    contacts / sum(contacts) OVER (PARTITION BY phase, quality) AS share,
    contacts_as_first
FROM made
ORDER BY ALL
