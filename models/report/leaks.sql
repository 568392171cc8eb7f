-- One row per phase and last touchpoint of journeys that dropped off, by what was at stake there. The vital few are
-- those that make up 80 % of it. What comes after the first twelve is one row, (rest).
WITH ranked AS (
    SELECT
        *,
        row_number() OVER (ORDER BY value_at_stake DESC NULLS LAST, dropped_off DESC, phase, touchpoint) AS place,
        coalesce(cumulative_share - share < 0.8, false) AS is_vital
    FROM leaks
    WHERE dimension = $dimension AND segment = $segment
)

SELECT
    least(place, 13) AS place,
    if(place > 12, '(rest)', phase) AS phase,
    if(place > 12, '(rest)', touchpoint) AS touchpoint,
    sum(dropped_off)::BIGINT AS dropped_off,
    sum(value_at_stake ORDER BY place) AS value_at_stake,
    sum(share ORDER BY place) AS value_share,
    max(cumulative_share) AS cumulative_value_share,
    count(*) AS kinds,
    count(*) FILTER (is_vital) AS vital,
    (SELECT currency FROM run_settings) AS currency
FROM ranked
GROUP BY ALL
ORDER BY place
