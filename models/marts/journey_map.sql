-- One row per thing told in a cell of the map: of all journeys, and of each persona.
WITH phases AS (
    SELECT DISTINCT phase, phase_index FROM lifecycle
),

mapped AS (
    SELECT * FROM phase_metrics WHERE dimension IN ('all', 'persona')
),

contacts AS (
    SELECT
        t.dimension, t.segment, t.phase,
        'contacts' AS aspect,
        row_number() OVER (PARTITION BY t.dimension, t.segment, t.phase ORDER BY journeys DESC, touchpoint) AS rank,
        touchpoint AS item, journeys / visited AS value, 'share' AS unit, journeys
    FROM touchpoint_metrics AS t
    JOIN mapped USING (dimension, segment, phase)
    QUALIFY rank <= 5
),

flow AS (
    SELECT dimension, segment, phase, 'flow' AS aspect, f.*
    FROM mapped
    CROSS JOIN LATERAL (
        VALUES
        (1, 'reached', reached, 'journeys', reached),
        (2, 'progressed', progressed, 'journeys', progressed),
        (3, 'stopped', stopped, 'journeys', stopped),
        (4, 'still_open', still_open, 'journeys', still_open),
        (5, 'dropped_off', dropped_off, 'journeys', dropped_off),
        (6, 'drop_off_rate', drop_off_rate, 'share', mature_dropped_off)
    ) AS f(rank, item, value, unit, journeys)
),

times AS (
    SELECT dimension, segment, phase, 'time' AS aspect, f.*, NULL::BIGINT AS journeys
    FROM mapped
    CROSS JOIN LATERAL (
        VALUES
        (1, 'km_median_dwell_seconds', km_median_dwell_seconds, 'seconds'),
        (2, 'median_active_seconds', median_active_seconds, 'seconds')
    ) AS f(rank, item, value, unit)
    WHERE stays > 0
),

feelings AS (
    SELECT dimension, segment, state AS phase, 'feelings' AS aspect, f.*
    FROM sentiment
    CROSS JOIN LATERAL (
        VALUES
        (1, 'nps', nps, 'score', 'nps'),
        (2, 'nps_mean_score', mean_score, 'score', 'nps'),
        (3, if(is_withheld, 'answers_withheld', 'answers'), answers, 'answers', 'nps'),
        (4, 'csat_mean_score', mean_score, 'score', 'csat'),
        (5, if(is_withheld, 'answers_withheld', 'answers'), answers, 'answers', 'csat')
    ) AS f(rank, item, value, unit, of_scale)
    WHERE level = 'phase' AND dimension IN ('all', 'persona') AND scale = of_scale AND value IS NOT NULL
),

brought AS (
    SELECT
        dimension, segment, phase, value AS channel,
        sum(c.contacts)::BIGINT AS contacts,
        sum(c.journeys)::BIGINT AS journeys,
        row_number() OVER (PARTITION BY dimension, segment, phase ORDER BY sum(c.contacts) DESC, value) AS place
    FROM contact_counts AS c
    JOIN segments USING (segment_number)
    WHERE quality = 'channel' AND dimension IN ('all', 'persona')
    GROUP BY dimension, segment, phase, value
),

-- A journey may have come by several channels: those of the rest cannot be added up.
channels AS (
    SELECT
        dimension, segment, phase,
        'channels' AS aspect,
        least(place, 4) AS rank,
        CASE WHEN least(place, 4) = 4 THEN '(other)' ELSE any_value(channel) END AS item,
        sum(contacts) / sum(sum(contacts)) OVER (PARTITION BY dimension, segment, phase) AS value,
        'share' AS unit,
        CASE WHEN least(place, 4) < 4 THEN any_value(journeys) END AS journeys
    FROM brought
    GROUP BY dimension, segment, phase, least(place, 4)
),

levers_of_phase AS (
    SELECT
        dimension, segment, phase,
        'levers' AS aspect,
        row_number() OVER (
            PARTITION BY dimension, segment, phase ORDER BY round(extra_purchases, 9) DESC, left_here DESC, touchpoint
        ) AS rank,
        touchpoint AS item, extra_purchases AS value, 'purchases' AS unit, left_here AS journeys,
        extra_revenue AS revenue
    FROM levers
    JOIN lifecycle ON touchpoint = state
    WHERE level = 'touchpoint' AND left_here > 0 AND dimension IN ('all', 'persona')
    QUALIFY rank <= 3
),

owned AS (
    SELECT
        t.dimension, t.segment, t.phase, owner, contacts,
        sum(contacts) OVER (PARTITION BY t.dimension, t.segment, t.phase) AS contacts_of_phase
    FROM touchpoint_metrics AS t
    JOIN lifecycle USING (phase, touchpoint)
    WHERE t.dimension IN ('all', 'persona')
),

owners AS (
    SELECT
        dimension, segment, phase,
        'owners' AS aspect,
        row_number() OVER (PARTITION BY dimension, segment, phase ORDER BY sum(contacts) DESC, owner) AS rank,
        owner AS item,
        sum(contacts) / any_value(contacts_of_phase) AS value,
        'share' AS unit,
        NULL::BIGINT AS journeys
    FROM owned
    WHERE owner IS NOT NULL
    GROUP BY dimension, segment, phase, owner
),

-- A gap is told of segments that somebody can act on, where they lose more than all others for certain, beyond chance
-- after correction, and thirty journeys are decided on both sides.
behind AS (
    SELECT dimension, segment, phase, difference, decided
    FROM comparisons
    WHERE figure = 'drop_off_rate' AND is_significant AND difference > 0 AND decided >= 30 AND other_decided >= 30
        AND dimension IN ('device_category', 'browser', 'channel', 'landing_page', 'landing_path', 'persona')
        AND segment NOT LIKE '(%' AND segment <> 'Unassigned'
),

of_whom AS (
    SELECT 'all' AS of_dimension, 'all' AS of_segment, * FROM behind
    UNION ALL
    SELECT dimension, segment, * FROM behind WHERE dimension = 'persona'
),

gaps AS (
    SELECT
        of_dimension AS dimension, of_segment AS segment, phase,
        'gaps' AS aspect,
        row_number() OVER (
            PARTITION BY of_dimension, of_segment, phase
            ORDER BY round(difference * decided, 9) DESC, of_whom.dimension, of_whom.segment
        ) AS rank,
        of_whom.segment AS item, difference AS value, 'share' AS unit, difference * decided AS journeys,
        of_whom.dimension AS item_dimension
    FROM of_whom
    QUALIFY rank <= 3
),

told AS (
    FROM contacts
    UNION ALL BY NAME FROM flow
    UNION ALL BY NAME FROM times
    UNION ALL BY NAME SELECT * EXCLUDE (of_scale) FROM feelings
    UNION ALL BY NAME FROM channels
    UNION ALL BY NAME FROM levers_of_phase
    UNION ALL BY NAME FROM owners
    UNION ALL BY NAME FROM gaps
)

SELECT
    dimension, segment, phase_index, phase, aspect, rank::INTEGER AS rank, item, value::DOUBLE AS value, unit,
    journeys::DOUBLE AS journeys, item_dimension, revenue
FROM told
JOIN phases USING (phase)
ORDER BY ALL
