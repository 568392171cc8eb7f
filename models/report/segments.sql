-- One row per segment: its share of the journeys, of the purchases and of the revenue, and whether its conversion rate
-- differs from that of all other journeys (two-sided, corrected for all comparisons of table comparisons).
SELECT
    kpis.dimension,
    kpis.segment,
    kpis.journeys,
    kpis.journeys / nullif(whole.journeys, 0) AS journey_share,
    kpis.converted,
    kpis.converted / nullif(whole.converted, 0) AS converted_share,
    kpis.revenue / nullif(whole.revenue, 0) AS revenue_share,
    kpis.conversion_rate,
    kpis.conversion_low,
    kpis.conversion_high,
    difference,
    adjusted_p_value,
    coalesce(is_significant, false) AS is_significant
FROM kpis
CROSS JOIN (FROM kpis WHERE dimension = 'all') AS whole
LEFT JOIN comparisons AS c
    ON c.dimension = kpis.dimension AND c.segment = kpis.segment AND figure = 'conversion_rate'
WHERE kpis.dimension IN ('device_category', 'customer', 'visitor', 'persona')
ORDER BY kpis.dimension, kpis.journeys DESC, kpis.segment
