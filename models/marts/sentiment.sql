-- One row per contact or phase that answers to surveys belong to, scale and segment.
-- For `all`, answers of journeys that are not listed
-- and of no session count too, without a contact; they are in no other segment.
WITH given AS (
    SELECT dimension, segment, scale, phase, touchpoint, score
    FROM survey_answers
    JOIN journey_segments USING (journey_id)
    WHERE scale IS NOT NULL
    UNION ALL
    SELECT 'all', 'all', scale, phase, touchpoint, score
    FROM survey_answers
    ANTI JOIN journeys USING (journey_id)
    WHERE scale IS NOT NULL
    UNION ALL
    SELECT 'all', 'all', scale_of(event_params), '(none)', '(none)', score
    FROM events
    WHERE event_name = 'survey_answer' AND session_id IS NULL AND is_of_scale(score, scale_of(event_params))
),

counted AS (
    SELECT
        dimension,
        segment,
        place.level,
        state,
        scale,
        count(*) AS answers,
        exact_sum(score) AS total,
        exact_sum(score * score) AS total_of_squares,
        count(*) FILTER (score >= 9) AS promoters,
        count(*) FILTER (score <= 6) AS detractors
    FROM given
    CROSS JOIN LATERAL (VALUES ('phase', phase), ('touchpoint', touchpoint)) AS place(level, state)
    GROUP BY ALL
),

spread AS (
    SELECT
        *,
        total / answers AS mean,
        student_quantile(answers - 1)
            * sqrt(greatest(total_of_squares - total * total / answers, 0) / (answers - 1) / answers) AS margin
    FROM counted
    WHERE answers >= 10
),

measured AS (
    SELECT
        dimension,
        segment,
        level,
        state,
        scale,
        mean AS mean_score,
        greatest(mean - margin, if(scale = 'csat', 1, 0)) AS mean_low,
        least(mean + margin, if(scale = 'csat', 5, 10)) AS mean_high,
        CASE WHEN scale = 'nps' THEN (promoters - detractors) / answers END AS nps,
        CASE WHEN scale = 'nps' THEN nps_low(promoters, detractors, answers) END AS nps_low,
        CASE WHEN scale = 'nps' THEN nps_high(promoters, detractors, answers) END AS nps_high
    FROM spread
)

SELECT
    dimension,
    segment,
    level,
    state,
    scale,
    answers,
    mean_score,
    mean_low,
    mean_high,
    nps,
    nps_low,
    nps_high,
    answers < 10 AS is_withheld
FROM counted
LEFT JOIN measured USING (dimension, segment, level, state, scale)
ORDER BY ALL
