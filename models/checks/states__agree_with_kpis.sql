-- At both levels the chance to convert from (start) is the conversion rate, to 1e-9: both are over mature decided journeys.
WITH chances AS (
    SELECT dimension, segment, level, purchase_probability FROM states WHERE state = '(start)'
)

SELECT dimension, segment, level, purchase_probability, conversion_rate
FROM kpis
JOIN chances USING (dimension, segment)
WHERE abs(purchase_probability - conversion_rate) > 1e-9
    OR (purchase_probability IS NULL) <> (conversion_rate IS NULL)
UNION ALL
SELECT dimension, segment, level, purchase_probability, conversion_rate
FROM kpis
CROSS JOIN (VALUES ('phase'), ('touchpoint')) AS levels(level)
LEFT JOIN chances USING (dimension, segment, level)
WHERE journeys > 0
    AND dimension IN ('all', 'persona', 'device_category', 'customer')
    AND chances.dimension IS NULL
