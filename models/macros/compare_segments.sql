CREATE OR REPLACE MACRO compare_segments(dimension) AS TABLE
WITH asked AS MATERIALIZED (
    SELECT CASE
        WHEN dimension <> 'all' AND dimension NOT IN (SELECT k.dimension FROM kpis AS k)
            THEN error('no segments are of dimension ''' || dimension || '''; table kpis names those there are')
        ELSE true
    END AS is_clear
),

whole AS (
    SELECT k.journeys, k.converted, k.revenue FROM kpis AS k WHERE k.dimension = 'all'
)

SELECT
    k.segment,
    k.journeys,
    k.journeys / whole.journeys AS journey_share,
    k.converted,
    k.converted / nullif(whole.converted, 0) AS converted_share,
    k.still_open,
    k.conversion_rate,
    k.conversion_low,
    k.conversion_high,
    c.other_rate,
    c.difference,
    c.difference_low,
    c.difference_high,
    c.adjusted_p_value,
    c.is_significant,
    k.median_touchpoints_before_purchase,
    k.median_seconds_to_purchase,
    k.revenue,
    k.revenue / nullif(whole.revenue, 0) AS revenue_share,
    k.lifetime_value_to_date,
    k.bounce_rate,
    k.nps
FROM kpis AS k
CROSS JOIN whole
JOIN asked ON asked.is_clear
LEFT JOIN comparisons AS c
    ON c.dimension = k.dimension AND c.segment = k.segment AND c.figure = 'conversion_rate'
WHERE k.dimension = dimension
ORDER BY k.journeys DESC, k.segment
