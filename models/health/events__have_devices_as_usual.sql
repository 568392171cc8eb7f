-- The share of events without a device (consent denied) is that of the four weeks before, of which seven days or more
-- have 300 events. A jump, up or down, points to tracking: the consent banner, or how it is wired to GA4.
WITH shares AS (
    SELECT day, is_judged, 1 - followed / events AS share
    FROM health_days
    WHERE events >= 300
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
    '{}: {:.1f} % of events have no device, where {:.1f} % is usual', day::VARCHAR, 100 * share, 100 * usual_share
) AS alarm
FROM usual
WHERE is_jump(share, usual_share, deviation)
ORDER BY day
