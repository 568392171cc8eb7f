-- One row per segment and rate, beside the same rate over all journeys that are not in the segment: all minus it.
-- A channel's drop-off is compared in the phases after that of its own arrival (own_phases), beside the other channels
-- that are: who came by search has been in that phase by definition.
-- The interval of the difference is Newcombe's hybrid score interval (Statistics in Medicine 17, 1998, method 10): it is
-- as wide to each side as the Wilson intervals of the two rates are together. transforms/comparisons.py tests it.
WITH rated AS (
    SELECT
        dimension, segment, 'conversion_rate' AS figure, '' AS phase,
        mature_converted + mature_dropped_off AS decided, mature_converted AS happened
    FROM kpis
    UNION ALL
    SELECT
        m.dimension, m.segment, 'drop_off_rate', m.phase, mature_reached - mature_still_open, mature_dropped_off
    FROM phase_metrics AS m
    SEMI JOIN (FROM lifecycle WHERE stage <> 'after') AS l ON l.phase = m.phase
    ANTI JOIN own_phases AS o
        ON m.dimension = 'channel' AND o.channel = m.segment AND m.phase_index <= o.phase_index
),

wholes AS (
    SELECT
        figure, phase,
        sum(decided) FILTER (dimension = 'all') AS all_decided,
        sum(happened) FILTER (dimension = 'all') AS all_happened,
        sum(decided) FILTER (dimension = 'channel') AS channels_decided,
        sum(happened) FILTER (dimension = 'channel') AS channels_happened
    FROM rated
    GROUP BY figure, phase
),

compared AS (
    SELECT
        rated.*,
        (CASE dimension WHEN 'channel' THEN channels_decided ELSE all_decided END - decided)::BIGINT AS other_decided,
        (CASE dimension WHEN 'channel' THEN channels_happened ELSE all_happened END - happened)::BIGINT
            AS other_happened,
        happened / decided AS rate,
        CASE WHEN other_decided > 0 THEN other_happened / other_decided END AS other_rate
    FROM rated
    JOIN wholes USING (figure, phase)
    WHERE dimension <> 'all' AND decided > 0
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
