-- One row per event name, of page views per group of pages, that a rule could recognise and none does; commonest first.
-- A group is the first folder of a path, and the second too where the first is a language: /policies, /da/policies.
-- It is whole if a rule over all of it takes nothing that another rule recognises; else the rule may name the commonest
-- twenty of its pages of which nothing is recognised. Counts are of what the rule would recognise.
WITH pages AS (
    SELECT event_name, page_path, count(*) AS events
    FROM events
    WHERE device_id IS NOT NULL
    GROUP BY event_name, page_path
),

judged AS (
    SELECT
        pages.event_name,
        pages.page_path,
        coalesce(unmatched.events, 0) AS unmatched,
        pages.events - coalesce(unmatched.events, 0) AS recognised,
        CASE
            WHEN pages.event_name = 'page_view'
                THEN regexp_extract(pages.page_path, '^(/[A-Za-z]{2}([-_][A-Za-z]{2})?/[^/]+|/[^/]*)')
        END AS page_group
    FROM pages
    LEFT JOIN unmatched
        ON pages.event_name = unmatched.event_name
        AND pages.page_path IS NOT DISTINCT FROM unmatched.page_path
),

-- The front page, and that of a language, are no folders: below them lie all the others.
ranked AS (
    SELECT
        *,
        sum(recognised) OVER of_group = 0
            AND NOT coalesce(regexp_full_match(page_group, '/([A-Za-z]{2}([-_][A-Za-z]{2})?)?'), false) AS is_whole,
        row_number() OVER (of_group ORDER BY recognised > 0, unmatched DESC, page_path) AS place
    FROM judged
    WINDOW of_group AS (PARTITION BY event_name, page_group)
),

chosen AS (
    SELECT *
    FROM ranked
    WHERE recognised = 0
        AND (event_name <> 'page_view' OR page_group <> '')
        AND (is_whole OR (event_name = 'page_view' AND place <= 20))
),

visited AS (
    SELECT chosen.event_name, chosen.page_group, count(DISTINCT session_id) AS sessions
    FROM unmatched_sessions
    JOIN chosen
        ON unmatched_sessions.event_name = chosen.event_name
        AND unmatched_sessions.page_path IS NOT DISTINCT FROM chosen.page_path
    GROUP BY ALL
),

counted AS (
    SELECT
        event_name,
        page_group,
        is_whole,
        sum(unmatched)::BIGINT AS events,
        count(*) AS page_count,
        list(page_path ORDER BY place) FILTER (place <= 20) AS pages
    FROM chosen
    GROUP BY event_name, page_group, is_whole
)

SELECT counted.*, visited.sessions, visited.sessions / (SELECT count(*) FROM sessions) AS session_share
FROM counted
JOIN visited
    ON counted.event_name = visited.event_name AND counted.page_group IS NOT DISTINCT FROM visited.page_group
ORDER BY counted.events DESC, counted.event_name, counted.page_group NULLS FIRST
