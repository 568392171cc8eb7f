-- One row: the figures of the answer. The rate is taken over mature journeys, with its 95 % interval.
SELECT
    journeys,
    converted,
    dropped_off,
    still_open,
    mature_journeys,
    conversion_rate,
    conversion_low,
    conversion_high,
    median_touchpoints_before_purchase,
    median_seconds_to_purchase
FROM kpis
WHERE dimension = $dimension AND segment = $segment
