-- Every answer to a survey counts once at each level, unless its score is off its scale; and every column but
-- personas splits the same answers among the contacts that they belong to.
WITH given AS (
    SELECT count(*) AS answers FROM events WHERE event_name = 'survey_answer'
),

off_scale AS (
    SELECT coalesce(sum(value), 0) AS off_scale FROM quality WHERE name = 'survey_answers_off_scale'
),

counted AS (
    SELECT
        dimension,
        level,
        sum(answers) AS answers,
        coalesce(sum(answers) FILTER (state <> '(none)'), 0) AS with_contact
    FROM sentiment
    GROUP BY ALL
),

of_all AS (
    SELECT * FROM counted WHERE dimension = 'all'
)

SELECT level, 'all' AS dimension, given.answers - off_scale AS expected, coalesce(of_all.answers, 0) AS found
FROM given
CROSS JOIN off_scale
CROSS JOIN (SELECT unnest(['phase', 'touchpoint']) AS level)
LEFT JOIN of_all USING (level)
WHERE expected <> found
UNION ALL
SELECT level, counted.dimension, of_all.with_contact, counted.with_contact
FROM counted
JOIN of_all USING (level)
WHERE counted.dimension <> 'persona' AND counted.with_contact <> of_all.with_contact
