-- Every segment with a decided journey is compared at the rate it has, and it and its others together have that of all.
-- Of channels, the drop-off is compared from some phase on, and it and its others are the channels compared there.
WITH rates AS (
    SELECT dimension, segment, 'conversion_rate' AS figure, '' AS phase, 0 AS phase_index, conversion_rate AS rate
    FROM kpis
    UNION ALL
    SELECT dimension, segment, 'drop_off_rate', phase, phase_index, drop_off_rate FROM phase_metrics
),

begun AS (
    SELECT segment, figure, min(phase_index) AS first_index
    FROM comparisons
    JOIN rates USING (dimension, segment, figure, phase)
    WHERE dimension = 'channel' AND figure = 'drop_off_rate'
    GROUP BY segment, figure
),

expected AS (
    SELECT dimension, segment, figure, phase, rate
    FROM rates
    LEFT JOIN begun USING (segment, figure)
    WHERE dimension <> 'all' AND rate IS NOT NULL
        AND (dimension <> 'channel' OR figure <> 'drop_off_rate' OR phase_index >= first_index)
),

compared AS (
    SELECT
        *,
        (happened + other_happened) / (decided + other_decided) AS rate_of_all,
        sum(happened) OVER cell / sum(decided) OVER cell AS rate_of_channels
    FROM comparisons
    WINDOW cell AS (PARTITION BY dimension, figure, phase)
),

whole AS (
    SELECT figure, phase, rate FROM rates WHERE dimension = 'all'
)

SELECT dimension, segment, figure, phase, e.rate AS expected, c.rate, w.rate AS expected_of_all, rate_of_all
FROM expected AS e
FULL JOIN compared AS c USING (dimension, segment, figure, phase)
LEFT JOIN whole AS w USING (figure, phase)
WHERE e.rate IS DISTINCT FROM c.rate
    OR CASE WHEN dimension = 'channel' AND figure = 'drop_off_rate' THEN rate_of_channels ELSE w.rate END
        IS DISTINCT FROM rate_of_all
