-- Every segment with a decided journey is compared at the rate it has, and it and its others together have that of all.
WITH rates AS (
    SELECT dimension, segment, 'conversion_rate' AS figure, '' AS phase, conversion_rate AS rate FROM kpis
    UNION ALL
    SELECT dimension, segment, 'drop_off_rate', phase, drop_off_rate FROM phase_metrics
)

SELECT dimension, segment, figure, phase, s.rate AS expected, c.rate, w.rate AS expected_of_all, rate_of_all
FROM (FROM rates WHERE dimension <> 'all' AND rate IS NOT NULL) AS s
FULL JOIN (
    SELECT *, (happened + other_happened) / (decided + other_decided) AS rate_of_all FROM comparisons
) AS c USING (dimension, segment, figure, phase)
LEFT JOIN (FROM rates WHERE dimension = 'all') AS w USING (figure, phase)
WHERE s.rate IS DISTINCT FROM c.rate OR w.rate IS DISTINCT FROM rate_of_all
