-- The contacts of a phase by channel, and by device category, are all its touchpoints; those as at first are no more.
WITH by_session AS (
    SELECT phase, dimension, sum(contacts) AS contacts, max(contacts_as_first - contacts) AS surplus
    FROM contacts_by
    GROUP BY phase, dimension
),

by_touchpoint AS (
    SELECT phase, dimension, sum(contacts) AS found
    FROM touchpoint_metrics
    WHERE dimension IN ('channel', 'device_category')
    GROUP BY phase, dimension
)

SELECT phase, dimension, contacts, found
FROM by_session
FULL JOIN by_touchpoint USING (phase, dimension)
WHERE contacts IS DISTINCT FROM found OR surplus > 0
