-- The purchases of journeys that began with a value, and their revenue in whole millionths, are those of kpis.
SELECT dimension, segment, purchases, converted, h.revenue, k.revenue AS expected
FROM (
    SELECT dimension, first AS segment, sum(purchases) AS purchases, sum(revenue::DECIMAL(38, 6)) AS revenue
    FROM handovers
    GROUP BY ALL
) AS h
FULL JOIN (
    SELECT dimension, segment, converted, revenue::DECIMAL(38, 6) AS revenue
    FROM kpis
    WHERE dimension IN ('channel', 'device_category') AND converted > 0
) AS k USING (dimension, segment)
WHERE purchases IS DISTINCT FROM converted OR h.revenue IS DISTINCT FROM k.revenue
