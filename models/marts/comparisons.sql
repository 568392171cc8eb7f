-- One row per segment and rate, beside the same rate over all journeys that are not in the segment: all minus it.
-- The interval of the difference is Newcombe's hybrid score interval (Statistics in Medicine 17, 1998, method 10): it is
-- as wide to each side as the Wilson intervals of the two rates are together. transforms/comparisons.py tests it.
WITH rated AS (
    SELECT
        dimension, segment, 'conversion_rate' AS figure, '' AS phase,
        mature_converted + mature_dropped_off AS decided, mature_converted AS happened
    FROM kpis
    UNION ALL
    SELECT
        dimension, segment, 'drop_off_rate', phase, mature_reached - mature_still_open, mature_dropped_off
    FROM phase_metrics
    SEMI JOIN (FROM lifecycle WHERE stage <> 'after') USING (phase)
),

compared AS (
    SELECT
        s.*,
        w.decided - s.decided AS other_decided,
        w.happened - s.happened AS other_happened,
        s.happened / s.decided AS rate,
        CASE WHEN w.decided > s.decided THEN (w.happened - s.happened) / (w.decided - s.decided) END AS other_rate
    FROM rated AS s
    JOIN (FROM rated WHERE dimension = 'all') AS w USING (figure, phase)
    WHERE s.dimension <> 'all' AND s.decided > 0
)

SELECT
    dimension,
    segment,
    figure,
    phase,
    decided,
    happened,
    rate,
    other_decided,
    other_happened,
    other_rate,
    rate - other_rate AS difference,
    difference - sqrt(
        (rate - wilson_low(happened, decided)) ^ 2 + (wilson_high(other_happened, other_decided) - other_rate) ^ 2
    ) AS difference_low,
    difference + sqrt(
        (wilson_high(happened, decided) - rate) ^ 2 + (other_rate - wilson_low(other_happened, other_decided)) ^ 2
    ) AS difference_high
FROM compared
ORDER BY ALL
