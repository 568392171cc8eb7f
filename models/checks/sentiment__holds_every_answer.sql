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
SELECT of_all.level, kpis.dimension, of_all.with_contact, coalesce(counted.with_contact, 0)
FROM of_all
CROSS JOIN (SELECT DISTINCT dimension FROM kpis WHERE dimension <> 'persona') AS kpis
LEFT JOIN counted ON counted.level = of_all.level AND counted.dimension = kpis.dimension
WHERE of_all.with_contact <> coalesce(counted.with_contact, 0)
