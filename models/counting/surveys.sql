-- One row per answer to a survey in a session of a journey in temp.stale, with the contact before it: written anew into
-- survey_answers. Run as a script.
-- An answer belongs to the last touchpoint of its journey before it, in the order of touchpoints, that is no answer
-- itself; without one to (none). One whose score is off its scale belongs nowhere: its scale is null.
-- Places are found first: to read the params, or all that orders events, of more than those costs far more.
CREATE OR REPLACE TEMP TABLE answer_places AS
SELECT events.rowid AS place
FROM events
SEMI JOIN (SELECT session_id FROM sessions SEMI JOIN stale USING (journey_id)) USING (session_id)
WHERE event_name = 'survey_answer';

CREATE OR REPLACE TEMP TABLE given AS
SELECT events.* EXCLUDE (person_id), journey_id, started_at, scale_of(event_params) AS scale
FROM events
JOIN sessions USING (session_id)
WHERE events.rowid IN (SELECT place FROM answer_places);

CREATE OR REPLACE TEMP TABLE contact_places AS
SELECT events.rowid AS place
FROM events
SEMI JOIN (SELECT event_id FROM touchpoints SEMI JOIN given USING (journey_id)) USING (event_id);

DELETE FROM survey_answers WHERE journey_id IN (SELECT journey_id FROM stale);

INSERT INTO survey_answers
WITH usable AS (
    SELECT * FROM given WHERE is_of_scale(score, scale)
),

contacts AS (
    SELECT touchpoints.*, started_at
    FROM touchpoints
    JOIN sessions USING (session_id)
    WHERE touchpoints.journey_id IN (SELECT journey_id FROM usable)
),

-- A touchpoint stands where its first event does, an arrival before all events of its session.
named AS (
    SELECT
        contacts.*,
        e.* EXCLUDE (event_id)
    FROM contacts
    LEFT JOIN (
        SELECT
            event_id, event_name, batch_page_id, batch_ordering_id, batch_event_index, export_date, content_rank
        FROM events
        WHERE rowid IN (SELECT place FROM contact_places)
    ) AS e ON e.event_id = contacts.event_id
    WHERE e.event_name IS NULL OR e.event_name NOT IN ('survey_answer', 'survey_response', 'nps_response')
),

placed AS (
    SELECT
        journey_id, occurred_at, started_at, session_id, event_id IS NOT NULL AS is_event, event_name,
        batch_page_id, batch_ordering_id, batch_event_index, export_date, content_rank,
        phase, touchpoint, NULL AS scale, NULL AS score
    FROM named
    UNION ALL
    SELECT
        journey_id, occurred_at, started_at, session_id, true, event_name,
        batch_page_id, batch_ordering_id, batch_event_index, export_date, content_rank,
        NULL, NULL, scale, score
    FROM usable
),

attached AS (
    SELECT
        journey_id, scale, score,
        last_value(phase IGNORE NULLS) OVER earlier AS phase,
        last_value(touchpoint IGNORE NULLS) OVER earlier AS touchpoint
    FROM placed
    WINDOW earlier AS (
        PARTITION BY journey_id
        ORDER BY
            occurred_at, started_at, session_id, is_event,
            batch_page_id NULLS FIRST, batch_ordering_id NULLS FIRST, batch_event_index NULLS FIRST,
            natural_rank(event_name), event_name, export_date, content_rank
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    )
)

SELECT journey_id, scale, score, coalesce(phase, '(none)') AS phase, coalesce(touchpoint, '(none)') AS touchpoint
FROM attached
WHERE scale IS NOT NULL
UNION ALL
SELECT journey_id, NULL, NULL, NULL, NULL FROM given WHERE NOT is_of_scale(score, scale);
