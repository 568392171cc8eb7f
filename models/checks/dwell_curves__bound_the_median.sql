-- The Kaplan-Meier median lies where the curve, whose times are rounded up, lets it lie: not after the curve is down at a
-- half, and not before it could be, if the watches that ended at a step had ended before its moves.
WITH bounds AS (
    SELECT
        *,
        product(CASE WHEN moved > 0 THEN 1 - moved / (at_risk - watch_ends) ELSE 1 END) OVER (
            PARTITION BY dimension, segment, phase ORDER BY seconds
        ) AS least
    FROM dwell_curves
),

crossings AS (
    SELECT
        dimension, segment, phase,
        min(seconds) FILTER (least <= 0.5 + 1e-9) AS earliest,
        min(seconds) FILTER (surviving <= 0.5 - 1e-9) AS latest
    FROM bounds
    GROUP BY ALL
)

SELECT dimension, segment, phase, earliest, km_median_dwell_seconds, latest
FROM crossings
JOIN phase_metrics USING (dimension, segment, phase)
WHERE coalesce(km_median_dwell_seconds, 'inf') > coalesce(latest, 'inf')
    OR coalesce(bound_of(bucket_of(round(km_median_dwell_seconds * 1e6))) / 1e6, 'inf') < coalesce(earliest, 'inf')
