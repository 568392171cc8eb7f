-- The share of followed events that no touchpoint of the lifecycle knows is that of the four weeks before, of which
-- seven days or more have 300 followed events. A jump points to tracking, or to a lifecycle that was changed: events or
-- addresses are called otherwise than the lifecycle says.
WITH recognised AS (
    SELECT events.export_date AS day, sum(touchpoints.event_count) AS recognised
    FROM touchpoints
    JOIN events USING (event_id)
    WHERE events.export_date BETWEEN getvariable('judged_from') - 35 AND getvariable('judged_to')
        AND is_of_feed(events.content_rank) IS NOT TRUE
        AND touchpoints.occurred_at BETWEEN getvariable('judged_from') - 38 AND getvariable('judged_to') + 4
    GROUP BY day
),

shares AS (
    SELECT day, is_judged, 1 - least(coalesce(recognised, 0) / followed, 1) AS share
    FROM health_days
    LEFT JOIN recognised USING (day)
    WHERE followed >= 300
),

usual AS (
    SELECT judged.day, judged.share, median(earlier.share) AS usual_share, mad(earlier.share) AS deviation
    FROM shares AS judged
    JOIN shares AS earlier ON judged.day - earlier.day BETWEEN 1 AND 28
    WHERE judged.is_judged
    GROUP BY ALL
    HAVING count(*) >= 7
)

SELECT day, format(
    '{}: no touchpoint knows {:.1f} % of followed events, where {:.1f} % is usual',
    day::VARCHAR, 100 * share, 100 * usual_share
) AS alarm
FROM usual
WHERE is_jump(share, usual_share, deviation)
ORDER BY day
