-- One row per journey and touchpoint (to_state, of phase from_state) that it has, of the journeys in temp.recounted.
-- value is how many contacts. part tells whether the journey is decided: mature, not open, and with one of them before
-- the first conversion if any; level whether it converted.
WITH held AS (
    SELECT journey_id, phase, touchpoint, count(*) AS contacts, min(position) AS first_position
    FROM touchpoints
    SEMI JOIN recounted USING (journey_id)
    GROUP BY ALL
),

chosen AS (
    SELECT journey_id, is_mature, outcome, touchpoint_count, touchpoints_before_purchase
    FROM journeys
    SEMI JOIN recounted USING (journey_id)
)

SELECT
    journey_id,
    'holding' AS figure,
    CASE
        WHEN is_mature AND outcome <> 'open'
            AND first_position <= coalesce(touchpoints_before_purchase, touchpoint_count) THEN 'decided'
        ELSE ''
    END AS part,
    CASE WHEN outcome = 'converted' THEN 'converted' ELSE '' END AS level,
    phase AS from_state,
    touchpoint AS to_state,
    contacts AS value
FROM held
JOIN chosen USING (journey_id)
