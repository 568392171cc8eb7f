CREATE OR REPLACE MACRO paths_of(part := 'to_purchase', level := 'touchpoint') AS TABLE
WITH asked AS MATERIALIZED (
    SELECT CASE
        WHEN part NOT IN ('to_purchase', 'after_purchase')
            THEN error('part is ''' || part || '''; it is to_purchase or after_purchase')
        WHEN level NOT IN ('touchpoint', 'phase')
            THEN error('level is ''' || level || '''; it is touchpoint or phase')
        ELSE true
    END AS is_clear
),

contacts AS (
    SELECT t.journey_id, t.position, CASE level WHEN 'phase' THEN t.phase ELSE t.touchpoint END AS state
    FROM touchpoints AS t
    JOIN journeys AS j USING (journey_id)
    WHERE (t.position > coalesce(j.touchpoints_before_purchase + 1, j.touchpoint_count)) = (part = 'after_purchase')
),

entered AS (
    SELECT c.journey_id, c.position, c.state
    FROM contacts AS c
    QUALIFY level = 'touchpoint'
        OR c.state IS DISTINCT FROM lag(c.state) OVER (PARTITION BY c.journey_id ORDER BY c.position)
),

listed AS (
    SELECT e.journey_id, list(e.state ORDER BY e.position) AS states FROM entered AS e GROUP BY e.journey_id
)

SELECT
    j.journey_id,
    [CASE part WHEN 'after_purchase' THEN '(converted)' ELSE '(start)' END]
    || coalesce(listed.states, [])
    || [CASE
        WHEN part = 'after_purchase' AND j.is_closed THEN '(end)'
        WHEN part = 'after_purchase' OR j.outcome = 'open' THEN '(open)'
        WHEN j.outcome = 'converted' THEN '(converted)'
        ELSE '(drop-off)'
    END] AS states
FROM journeys AS j
LEFT JOIN listed USING (journey_id)
JOIN asked ON asked.is_clear
WHERE part = 'to_purchase' OR j.outcome = 'converted'
