-- One row per phase and channel, or device category, of the sessions in which its contacts were made.
-- Reads the counts of facts that models/counting/contacts.sql makes.
WITH made AS (
    SELECT
        from_state AS phase,
        part,
        to_state AS of_session,
        coalesce(sum(total) FILTER (dimension = 'all'), 0)::BIGINT AS contacts,
        coalesce(sum(fact_count) FILTER (dimension = 'all'), 0)::BIGINT AS journeys,
        coalesce(sum(total) FILTER (dimension = part AND segment = to_state), 0)::BIGINT AS contacts_as_first
    FROM fact_counts
    JOIN fact_kinds USING (kind)
    JOIN segments USING (segment_number)
    WHERE figure = 'contact' AND (dimension = 'all' OR (dimension = part AND segment = to_state))
    GROUP BY ALL
)

SELECT
    phase,
    part AS dimension,
    of_session AS value,
    contacts,
    journeys,
    contacts / sum(contacts) OVER (PARTITION BY phase, part) AS share,
    contacts_as_first
FROM made
ORDER BY ALL
