-- One row per channel and phase up to the purchase: how many journeys reached it, and how many of those that are
-- decided dropped off there; whether that differs from all other channels, corrected for all comparisons. Up to the
-- phase that coming by a channel belongs to it is not compared: that it loses nobody there is no finding.
SELECT
    m.segment AS channel,
    m.phase,
    m.reached,
    m.drop_off_rate,
    m.drop_off_low,
    m.drop_off_high,
    difference,
    difference_low,
    adjusted_p_value,
    coalesce(is_significant, false) AS is_significant
FROM phase_metrics AS m
JOIN kpis USING (dimension, segment)
JOIN (SELECT DISTINCT phase FROM lifecycle WHERE stage <> 'after') USING (phase)
LEFT JOIN comparisons AS c
    ON c.dimension = m.dimension AND c.segment = m.segment AND c.phase = m.phase AND figure = 'drop_off_rate'
WHERE m.dimension = 'channel'
ORDER BY journeys DESC, channel, phase_index
