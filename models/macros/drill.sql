CREATE OR REPLACE MACRO drill(
    mart,
    dimension := 'all',
    segment := 'all',
    figure := NULL,
    phase := NULL,
    touchpoint := NULL,
    part := 'to_purchase',
    level := 'touchpoint',
    from_state := NULL,
    to_state := NULL,
    state := NULL,
    scale := NULL,
    touchpoint_count := NULL,
    kind := 'repurchase',
    seconds := 0,
    day := NULL,
    page_path := NULL,
    event_name := NULL,
    period := NULL,
    cohort := NULL,
    period_number := NULL,
    value := NULL,
    first := NULL,
    buying := NULL
) AS TABLE
WITH opened(mart_name, figures) AS (
    VALUES
    ('kpis', ['journeys', 'converted', 'dropped_off', 'still_open', 'purchasers']),
    ('kpis', ['mature_journeys', 'mature_converted', 'mature_dropped_off']),
    ('kpis', ['conversion_rate', 'open_share', 'revenue', 'bounce_rate', 'nps', 'median_seconds_to_purchase']),
    ('kpis', ['median_touchpoints_before_purchase', 'mean_touchpoints_before_purchase']),
    ('kpis', ['p90_touchpoints_before_purchase', 'repurchase_rate_to_date', 'return_rate_to_date']),
    ('kpis', ['repurchase_30d', 'repurchase_90d', 'repurchase_365d', 'return_30d', 'return_90d', 'return_365d']),
    ('kpis', ['lifetime_value_to_date', 'lifetime_value_30d', 'lifetime_value_90d', 'lifetime_value_365d']),
    ('phase_metrics', ['reached', 'progressed', 'dropped_off', 'still_open', 'stopped', 'visited', 'entered_here']),
    ('phase_metrics', ['mature_reached', 'mature_dropped_off', 'mature_still_open', 'stays', 'completed_stays']),
    ('phase_metrics', ['drop_off_rate', 'median_dwell_seconds', 'mean_dwell_seconds', 'p90_dwell_seconds']),
    ('phase_metrics', ['median_active_seconds', 'mean_active_seconds', 'p90_active_seconds']),
    ('phase_metrics', ['km_median_dwell_seconds']),
    ('comparisons', ['conversion_rate', 'drop_off_rate']),
    ('transitions', ['transition_count', 'probability', 'decided_count', 'median_seconds', 'p90_seconds']),
    ('states', []),
    ('touchpoints_before_purchase', ['journeys', 'share', 'cumulative_share']),
    ('touchpoint_metrics', ['journeys', 'contacts', 'decided', 'converted', 'purchase_share']),
    ('leaks', []),
    ('levers', []),
    ('sentiment', ['answers', 'mean_score', 'nps']),
    ('dwell_curves', ['at_risk', 'moved']),
    ('contacts_by', ['contacts', 'journeys', 'contacts_as_first']),
    ('handovers', []),
    ('repurchase_curves', ['at_risk', 'happened']),
    ('cohorts', ['journeys', 'converted', 'dropped_off', 'still_open', 'mature_journeys']),
    ('cohorts', ['mature_converted', 'mature_dropped_off', 'mature_still_open', 'conversion_rate', 'revenue']),
    ('day_figures', ['events', 'sessions_started', 'touchpoints', 'conversions', 'revenue', 'journeys_started']),
    ('page_exits', ['sessions', 'exits', 'lost_exits', 'exit_rate']),
    ('retention', ['returned', 'purchasers']),
    ('unmatched', [])
),

asked AS MATERIALIZED (
    SELECT CASE
        WHEN mart NOT IN (SELECT o.mart_name FROM opened AS o)
            THEN error('drill opens no rows of ''' || mart || '''; its comment names the marts that it opens')
        WHEN figure IS NOT NULL
            AND figure NOT IN (SELECT unnest(o.figures) FROM opened AS o WHERE o.mart_name = mart)
            THEN error('drill opens no figure ''' || figure || ''' of ' || mart || '; its comment names those it opens')
        WHEN mart IN ('phase_metrics', 'leaks', 'dwell_curves', 'contacts_by') AND phase IS NULL
            THEN error('drill opens a row of ' || mart || ' by its phase; name one, such as phase := ''interest''')
        WHEN mart = 'repurchase_curves' AND kind NOT IN ('repurchase', 'return')
            THEN error('repurchase_curves has no kind ''' || kind || '''; it has repurchase and return')
        WHEN phase <> '' AND phase NOT LIKE '(%' AND phase NOT IN (SELECT l.phase FROM lifecycle AS l)
            THEN error('no phase is called ''' || phase || '''; table lifecycle names those there are')
        WHEN dimension <> 'all' AND dimension NOT IN (SELECT k.dimension FROM kpis AS k)
            THEN error('no segments are of dimension ''' || dimension || '''; table kpis names those there are')
        WHEN mart = 'retention' AND (period IS NULL OR cohort IS NULL OR period_number IS NULL)
            THEN error('drill opens a row of retention by its period, cohort and period_number; name all three')
        ELSE true
    END AS is_clear
),

phases AS (
    SELECT DISTINCT l.phase, l.phase_index FROM lifecycle AS l
),

-- The quarters of an hour of the local day.
quarters AS (
    SELECT n.quarter
    FROM (
        SELECT unnest(range(quarter_of(day::DATE::TIMESTAMP) - 96, quarter_of(day::DATE::TIMESTAMP) + 192)) AS quarter
    ) AS n
    CROSS JOIN run_settings AS r
    WHERE local_day(n.quarter, r.timezone) = day::DATE
),

placed AS (
    SELECT
        j.*,
        p.phase_index - (SELECT min(phases.phase_index) FROM phases WHERE phases.phase = phase) AS phases_beyond
    FROM journeys AS j
    LEFT JOIN phases AS p ON p.phase = j.furthest_phase
),

-- What is counted of journeys as a whole.
outcomes AS (
    SELECT p.journey_id
    FROM placed AS p
    WHERE mart IN ('kpis', 'cohorts', 'phase_metrics', 'comparisons', 'touchpoints_before_purchase', 'day_figures')
        AND CASE mart
            WHEN 'cohorts' THEN quarter_of(p.started_at) IN (SELECT q.quarter FROM quarters AS q)
            WHEN 'day_figures' THEN figure = 'journeys_started'
                AND quarter_of(p.started_at) IN (SELECT q.quarter FROM quarters AS q)
            WHEN 'touchpoints_before_purchase' THEN CASE
                WHEN coalesce(figure, 'journeys') = 'journeys' THEN p.touchpoints_before_purchase = touchpoint_count
                ELSE p.touchpoints_before_purchase IS NOT NULL
            END
            WHEN 'kpis' THEN coalesce(figure, '') NOT IN ('bounce_rate', 'nps')
            WHEN 'comparisons' THEN p.is_mature AND CASE figure
                WHEN 'drop_off_rate' THEN p.phases_beyond > 0 OR (p.phases_beyond = 0 AND p.outcome <> 'open')
                ELSE p.outcome <> 'open'
            END
            WHEN 'phase_metrics' THEN CASE coalesce(figure, 'reached')
                WHEN 'reached' THEN p.phases_beyond >= 0
                WHEN 'mature_reached' THEN p.phases_beyond >= 0
                WHEN 'progressed' THEN p.phases_beyond > 0
                WHEN 'drop_off_rate' THEN p.is_mature
                    AND (p.phases_beyond > 0 OR (p.phases_beyond = 0 AND p.outcome <> 'open'))
                ELSE p.phases_beyond = 0 AND regexp_matches(figure, '^(mature_)?(dropped_off|still_open|stopped)$')
            END
            ELSE true
        END
        AND CASE
            WHEN figure IN ('converted', 'mature_converted', 'purchasers', 'stopped') THEN p.outcome = 'converted'
            WHEN figure IN ('dropped_off', 'mature_dropped_off') THEN p.outcome = 'dropped_off'
            WHEN figure IN ('still_open', 'mature_still_open') THEN p.outcome = 'open'
            WHEN mart IN ('kpis', 'cohorts') AND figure = 'conversion_rate' THEN p.is_mature AND p.outcome <> 'open'
            WHEN figure = 'open_share' THEN p.is_mature
            WHEN regexp_matches(figure, '^lifetime_value_[0-9]+d$') THEN p.outcome = 'converted' AND p.person_id IN (
                SELECT c.person_id
                FROM counted_people AS c
                CROSS JOIN run_settings AS r
                WHERE epoch_us(r.as_of) - epoch_us(c.first_purchase_at)
                    >= TRY_CAST(regexp_extract(figure, '[0-9]+') AS BIGINT) * 86_400_000_000
            )
            WHEN regexp_matches(figure, '^(repurchase|return|lifetime_value)_') THEN p.outcome = 'converted'
            WHEN mart IN ('kpis', 'cohorts') AND figure = 'revenue' THEN p.revenue IS NOT NULL
            WHEN figure = 'median_seconds_to_purchase' THEN p.seconds_to_purchase IS NOT NULL
            WHEN figure LIKE '%_touchpoints_before_purchase' THEN p.touchpoints_before_purchase IS NOT NULL
            ELSE true
        END
        AND (p.is_mature OR NOT starts_with(coalesce(figure, ''), 'mature_'))
),

-- What is counted of stays: those there, or those neither left nor out of watch before a time, as the curve rounds it.
stayed AS (
    SELECT s.journey_id
    FROM stays AS s
    CROSS JOIN run_settings AS r
    WHERE mart IN ('phase_metrics', 'dwell_curves') AND s.phase = phase
        AND CASE
            WHEN mart = 'phase_metrics' THEN figure IN ('visited', 'stays', 'km_median_dwell_seconds')
                OR (figure = 'entered_here' AND s.stay_number = 1)
                OR (regexp_matches(figure, '^(completed_stays|.*_seconds)$') AND NOT s.is_censored)
            WHEN figure = 'moved' AND s.is_censored THEN false
            ELSE rounded_duration(greatest(
                epoch_us(least(coalesce(s.left_at, s.watched_until), r.as_of)) - epoch_us(least(s.entered_at, r.as_of)), 0
            )) / 1e6
                BETWEEN seconds * 0.999999 AND CASE figure WHEN 'moved' THEN seconds * 1.000001 ELSE 'inf'::DOUBLE END
        END
),

-- What is counted of people who bought stands at their journeys with a purchase: those who had not bought or come again
-- and were watched before a time, or who did so at it.
bought AS (
    SELECT j.journey_id
    FROM journeys AS j
    JOIN (
        SELECT
            c.person_id,
            c.first_purchase_at,
            CASE kind WHEN 'return' THEN c.returned_at ELSE c.repurchased_at END AS again_at
        FROM counted_people AS c
    ) AS p USING (person_id)
    CROSS JOIN run_settings AS r
    WHERE mart = 'repurchase_curves' AND j.outcome = 'converted'
        AND (coalesce(figure, 'at_risk') = 'at_risk' OR p.again_at IS NOT NULL)
        AND rounded_duration(greatest(
            epoch_us(least(coalesce(p.again_at, r.as_of), r.as_of)) - epoch_us(least(p.first_purchase_at, r.as_of)), 0
        )) / 1e6
            BETWEEN seconds * 0.999999 AND CASE figure WHEN 'happened' THEN seconds * 1.000001 ELSE 'inf'::DOUBLE END
),

-- What is counted of transitions: the paths that hold one.
moved AS (
    SELECT p.journey_id
    FROM paths_of(part := part, level := level) AS p
    JOIN journeys AS j USING (journey_id)
    WHERE CASE mart
        WHEN 'transitions' THEN list_contains(
            list_transform(
                range(1, len(p.states)),
                lambda place: p.states[place] = from_state
                    AND (p.states[place + 1] = to_state OR coalesce(figure, '') = 'probability')
            ),
            true
        ) AND (coalesce(figure, '') <> 'decided_count' OR (part = 'to_purchase' AND j.is_mature AND j.outcome <> 'open'))
        WHEN 'states' THEN part = 'to_purchase' AND list_contains(p.states, state)
        WHEN 'levers' THEN part = 'to_purchase' AND j.is_mature AND j.outcome = 'dropped_off'
            AND p.states[-2] = state
        ELSE false
    END
),

-- What is counted of contacts.
met AS (
    SELECT t.journey_id
    FROM touchpoints AS t
    JOIN journeys AS j USING (journey_id)
    WHERE CASE mart
        WHEN 'leaks' THEN j.outcome = 'dropped_off' AND j.furthest_phase = phase
            AND t.touchpoint = touchpoint AND t.position = j.touchpoint_count
        WHEN 'touchpoint_metrics' THEN t.touchpoint = touchpoint
            AND (
                coalesce(figure, 'journeys') IN ('journeys', 'contacts')
                OR (
                    j.is_mature AND j.outcome <> 'open'
                    AND t.position <= coalesce(j.touchpoints_before_purchase, j.touchpoint_count)
                )
            )
            AND (j.outcome = 'converted' OR coalesce(figure, 'journeys') <> 'converted')
        ELSE false
    END
    UNION ALL
    SELECT t.journey_id
    FROM touchpoints AS t
    JOIN sessions AS s USING (session_id)
    WHERE mart = 'contacts_by' AND t.phase = phase
        AND coalesce(CASE dimension WHEN 'channel' THEN s.channel ELSE s.device_category END, '(not set)') = value
    UNION ALL
    SELECT a.journey_id
    FROM survey_answers AS a
    WHERE CASE mart
        WHEN 'kpis' THEN figure = 'nps' AND a.scale = 'nps'
        WHEN 'sentiment' THEN a.scale = scale AND CASE level WHEN 'phase' THEN a.phase ELSE a.touchpoint END = state
        ELSE false
    END
),

-- What is counted of the sessions that bought.
handed AS (
    SELECT j.journey_id
    FROM touchpoints AS t
    JOIN journeys AS j ON j.journey_id = t.journey_id AND t.position = j.touchpoints_before_purchase + 1
    JOIN sessions AS s ON s.session_id = t.session_id
    WHERE mart = 'handovers' AND t.is_conversion
        AND coalesce(CASE dimension WHEN 'channel' THEN j.channel ELSE j.device_category END, '(not set)') = first
        AND coalesce(CASE dimension WHEN 'channel' THEN s.channel ELSE s.device_category END, '(not set)') = buying
),

-- What is counted of sessions and days.
visited AS (
    SELECT s.session_id
    FROM pages_seen AS s
    WHERE mart = 'page_exits' AND coalesce(s.page_path, '(not set)') = page_path
        AND (s.is_exit OR coalesce(figure, 'sessions') IN ('sessions', 'exit_rate'))
        AND NOT (s.has_conversion AND coalesce(figure, 'sessions') = 'lost_exits')
    UNION ALL
    SELECT u.session_id
    FROM unmatched_sessions AS u
    WHERE mart = 'unmatched' AND u.event_name = event_name AND u.page_path IS NOT DISTINCT FROM page_path
    UNION ALL
    SELECT e.session_id
    FROM events AS e
    WHERE mart = 'day_figures' AND coalesce(figure, 'events') = 'events' AND e.event_date = day::DATE
    UNION ALL
    SELECT s.session_id
    FROM sessions AS s
    WHERE mart = 'day_figures' AND figure = 'sessions_started'
        AND quarter_of(s.started_at) IN (SELECT q.quarter FROM quarters AS q)
    UNION ALL
    SELECT s.session_id
    FROM sessions AS s
    WHERE mart = 'kpis' AND figure = 'bounce_rate' AND s.is_bounce AND s.channel IS DISTINCT FROM 'Offline'
    UNION ALL
    SELECT s.session_id
    FROM sessions_since(coalesce(period, 'day')) AS s
    WHERE mart = 'retention' AND s.cohort = cohort::DATE AND s.period_number = period_number
        AND (s.has_conversion OR coalesce(figure, 'returned') = 'returned')
    UNION ALL
    SELECT t.session_id
    FROM touchpoints AS t
    WHERE mart = 'day_figures' AND figure IN ('touchpoints', 'conversions', 'revenue')
        AND (t.is_conversion OR figure = 'touchpoints')
        AND quarter_of(t.occurred_at) IN (SELECT q.quarter FROM quarters AS q)
),

found AS (
    SELECT o.journey_id FROM outcomes AS o
    UNION
    SELECT s.journey_id FROM stayed AS s
    UNION
    SELECT b.journey_id FROM bought AS b
    UNION
    SELECT m.journey_id FROM moved AS m
    UNION
    SELECT m.journey_id FROM met AS m
    UNION
    SELECT h.journey_id FROM handed AS h
    UNION
    SELECT s.journey_id FROM sessions AS s SEMI JOIN visited AS v USING (session_id)
)

SELECT j.*
FROM journeys AS j
JOIN asked ON asked.is_clear
SEMI JOIN found AS f USING (journey_id)
SEMI JOIN (
    SELECT g.journey_id
    FROM journey_segments AS g
    WHERE CASE
        WHEN mart = 'contacts_by' AND figure = 'contacts_as_first' THEN g.dimension = dimension AND g.segment = value
        WHEN mart IN ('contacts_by', 'handovers') THEN g.dimension = 'all'
        ELSE g.dimension = dimension AND g.segment = segment
    END
) AS chosen USING (journey_id)
ORDER BY j.started_at, j.journey_id
