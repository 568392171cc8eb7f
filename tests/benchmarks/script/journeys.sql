-- journeys, stays and the tables that carry a journey's id, by window functions over each person's sessions.
-- {touchpoints} are rows of touchpoint, phase, phase_index and stage.
SET VARIABLE as_of = (
    SELECT timezone('UTC', timezone('{timezone}', (max(export_date) + 1)::TIMESTAMP)) FROM accepted
);

CREATE OR REPLACE MACRO seconds_between(earlier, later) AS CASE WHEN later IS NOT NULL THEN
    greatest(
        epoch_us(least(later, getvariable('as_of'))) - epoch_us(least(earlier, getvariable('as_of'))), 0
    ) / 1000000
END;

CREATE TEMP TABLE places AS SELECT * FROM (VALUES {touchpoints}) AS t(touchpoint, phase, phase_index, stage);

CREATE TEMP TABLE phased AS SELECT c.*, phase, phase_index, stage FROM contacts AS c JOIN places USING (touchpoint);

CREATE TEMP TABLE bounded AS
WITH sums AS (
    SELECT
        device_id,
        device_session_number,
        bool_or(place > 0 AND stage <> 'after') AS is_shopping,
        bool_or(is_conversion) AS has_conversion,
        count(*) AS touchpoint_count,
        sum(micros(revenue)) / 1000000 AS revenue
    FROM phased
    GROUP BY ALL
),

unmatched AS (
    SELECT
        device_id,
        device_session_number,
        count(*) FILTER (is_repeat) AS repeat_purchase_count,
        count(*) FILTER (touchpoint IS NULL) AS unmatched_event_count
    FROM judged
    GROUP BY ALL
),

whole AS (
    SELECT
        a.*,
        coalesce(is_shopping, false) AS is_shopping,
        coalesce(has_conversion, false) AS has_conversion,
        coalesce(touchpoint_count, 0) AS touchpoint_count,
        revenue,
        repeat_purchase_count,
        unmatched_event_count,
        page_view_count <= 1 AND engagement_seconds < 10 AND NOT coalesce(has_conversion, false) AS is_bounce
    FROM arrived AS a
    JOIN unmatched USING (device_id, device_session_number)
    LEFT JOIN sums USING (device_id, device_session_number)
),

silences AS (
    SELECT
        *,
        row_number() OVER life AS session_number,
        coalesce(started_at - max(ended_at) OVER (
            PARTITION BY person_id ORDER BY started_at, session_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) > INTERVAL 30 DAY, true) AS is_silent
    FROM whole
    WINDOW life AS (PARTITION BY person_id ORDER BY started_at, session_id)
),

stretches AS (
    SELECT *, sum(is_silent::INTEGER) OVER (PARTITION BY person_id ORDER BY session_number) AS stretch FROM silences
),

opened AS (
    SELECT
        *,
        is_silent OR (is_shopping AND coalesce(
            last_value(if(is_shopping, has_conversion, NULL) IGNORE NULLS) OVER (
                PARTITION BY person_id, stretch ORDER BY session_number ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ),
            false
        )) AS opens
    FROM stretches
),

cut AS (
    SELECT *, sum(opens::INTEGER) OVER (PARTITION BY person_id ORDER BY session_number)::INTEGER AS journey_number
    FROM opened
)

SELECT (hash(person_id, journey_number) >> 1)::BIGINT AS journey_id, * FROM cut;

CREATE TABLE sessions AS
SELECT
    session_id, person_id, device_id, journey_id, session_number::INTEGER AS session_number, started_at, ended_at,
    event_count, page_view_count, engagement_seconds, channel, source, medium, campaign, landing_page, exit_page,
    device_category, country, is_bounce, has_conversion, revenue, operating_system, browser, language, city, hostname,
    platform, device_session_number, repeat_purchase_count, touchpoint_count, unmatched_event_count, landing_path,
    exit_path
FROM bounded;

CREATE TEMP TABLE placed AS
SELECT
    p.*,
    b.person_id, b.journey_id, b.session_id, b.channel,
    row_number() OVER journey AS position,
    lead(occurred_at) OVER journey AS next_at,
    lead(b.session_id) OVER journey AS next_session_id,
    lag(phase) OVER journey AS last_phase,
    coalesce(sum(is_conversion::INTEGER) OVER (
        PARTITION BY b.journey_id ORDER BY occurred_at, b.started_at, b.session_id, place
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ), 0) AS conversions_before
FROM phased AS p
JOIN bounded AS b USING (device_id, device_session_number)
WINDOW journey AS (PARTITION BY b.journey_id ORDER BY occurred_at, b.started_at, b.session_id, place);

CREATE TABLE touchpoints AS
SELECT
    (hash(journey_id, position) >> 1)::BIGINT AS touchpoint_id,
    journey_id, person_id, session_id, position::INTEGER AS position, touchpoint, phase, occurred_at, event_count,
    is_conversion, channel, revenue, seconds_between(occurred_at, next_at) AS seconds_to_next, event_id, refund
FROM placed;

CREATE TEMP TABLE outlined AS
WITH drawn AS (
    SELECT
        journey_id,
        any_value(person_id) AS person_id,
        any_value(journey_number) AS journey_number,
        min(started_at) AS started_at,
        max(ended_at) AS ended_at,
        count(*) AS session_count,
        arg_min(
            {'channel': channel, 'source': source, 'medium': medium, 'campaign': campaign,
             'device_category': device_category, 'country': country, 'operating_system': operating_system,
             'browser': browser, 'language': language, 'city': city, 'hostname': hostname, 'platform': platform,
             'session_number': session_number, 'ga_session_number': ga_session_number},
            session_number
        ) AS first,
        arg_max(channel, session_number) AS last_channel
    FROM bounded
    GROUP BY journey_id
),

followed AS (
    SELECT *, lead(started_at) OVER (PARTITION BY person_id ORDER BY journey_number) AS next_started_at FROM drawn
)

SELECT
    *,
    next_started_at IS NOT NULL OR getvariable('as_of') > ended_at + INTERVAL 30 DAY AS is_closed,
    getvariable('as_of') > started_at + INTERVAL 30 DAY AS is_mature,
    least(getvariable('as_of'), ended_at + INTERVAL 30 DAY, next_started_at) AS watched_until
FROM followed;

CREATE TABLE stays AS
WITH numbered AS (
    SELECT
        *,
        sum((phase IS DISTINCT FROM last_phase)::INTEGER) OVER (PARTITION BY journey_id ORDER BY position) AS stay_number
    FROM placed
),

runs AS (
    SELECT
        journey_id,
        stay_number::INTEGER AS stay_number,
        any_value(phase) AS phase,
        min(occurred_at) AS entered_at,
        sum(if(next_session_id = session_id, round(seconds_between(occurred_at, next_at) * 1000000)::BIGINT, 0))::BIGINT
            / 1000000 AS active_seconds,
        count(*) AS touchpoint_count,
        bool_or(is_conversion) AS holds_conversion
    FROM numbered
    GROUP BY journey_id, stay_number
),

ended AS (
    SELECT
        *,
        lead(entered_at) OVER journey AS left_at,
        lead(phase) OVER journey AS next_phase,
        bool_or(holds_conversion) OVER (PARTITION BY journey_id) AS has_converted
    FROM runs
    WINDOW journey AS (PARTITION BY journey_id ORDER BY stay_number)
)

SELECT
    journey_id,
    stay_number,
    phase,
    entered_at,
    left_at,
    seconds_between(entered_at, left_at) AS dwell_seconds,
    active_seconds,
    watched_until,
    touchpoint_count,
    coalesce(
        next_phase, CASE WHEN NOT is_closed THEN '(open)' WHEN has_converted THEN '(end)' ELSE '(drop-off)' END
    ) AS next_state,
    left_at IS NULL AS is_censored
FROM ended
JOIN outlined USING (journey_id);

CREATE TABLE journeys AS
WITH reached AS (
    SELECT
        journey_id,
        count(*) AS touchpoint_count,
        arg_min(touchpoint, position) AS first_touchpoint,
        arg_max(phase, position) AS last_phase,
        min(occurred_at) FILTER (is_conversion) AS converted_at,
        count(*) FILTER (conversions_before = 0 AND NOT is_conversion) AS before,
        count(DISTINCT touchpoint) FILTER (conversions_before = 0 AND NOT is_conversion) AS kinds_before,
        count(DISTINCT session_id) FILTER (conversions_before = 0 AND NOT is_conversion) AS sessions_before,
        max(phase_index) FILTER (stage <> 'after' OR conversions_before > 0) AS furthest,
        list(phase ORDER BY position) FILTER (phase IS DISTINCT FROM last_phase) AS phase_path,
        sum(micros(revenue)) / 1000000 AS revenue,
        sum(micros(refund)) / 1000000 AS refund
    FROM placed
    GROUP BY journey_id
),

whole AS (
    SELECT
        o.*,
        r.* EXCLUDE (journey_id),
        min(converted_at) OVER (
            PARTITION BY person_id ORDER BY journey_number ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS earlier
    FROM outlined AS o
    JOIN reached AS r USING (journey_id)
)

SELECT
    journey_id,
    person_id,
    journey_number,
    started_at,
    ended_at,
    CASE WHEN converted_at IS NOT NULL THEN 'converted' WHEN is_closed THEN 'dropped_off' ELSE 'open' END AS outcome,
    converted_at,
    touchpoint_count,
    if(converted_at IS NULL, NULL, before) AS touchpoints_before_purchase,
    if(converted_at IS NULL, NULL, kinds_before) AS distinct_touchpoints_before_purchase,
    is_mature,
    session_count,
    if(converted_at IS NULL, NULL, sessions_before) AS sessions_before_purchase,
    seconds_between(started_at, converted_at) AS seconds_to_purchase,
    p.phase AS furthest_phase,
    last_phase,
    first.channel AS first_channel,
    last_channel,
    first_touchpoint,
    phase_path,
    revenue,
    if(coalesce(earlier < started_at, false), 'customer', 'prospect') AS customer,
    first.device_category,
    first.country,
    first.source,
    first.medium,
    first.campaign,
    first.channel,
    first.operating_system,
    first.browser,
    first.language,
    first.city,
    first.hostname,
    first.platform,
    watched_until,
    is_closed,
    refund,
    CASE
        WHEN first.session_number > 1 OR first.ga_session_number > 1 THEN 'returning'
        WHEN first.ga_session_number = 1 THEN 'new'
    END AS visitor
FROM whole
LEFT JOIN (SELECT DISTINCT phase, phase_index FROM places) AS p ON furthest = p.phase_index;

-- To mark events in place holds them once: they are by far the largest table.
ALTER TABLE accepted ADD COLUMN person_id VARCHAR;

ALTER TABLE accepted ADD COLUMN session_id BIGINT;

UPDATE accepted SET person_id = b.person_id, session_id = b.session_id
FROM ordered AS o
JOIN bounded AS b USING (device_id, device_session_number)
WHERE accepted.event_id = o.event_id;

-- A refund that came while no session was under way is in none.
UPDATE accepted SET person_id = d.person_id
FROM devices AS d
WHERE accepted.person_id IS NULL AND accepted.device_id = d.device_id;

ALTER TABLE accepted DROP COLUMN row_number;

ALTER TABLE accepted RENAME TO events;

DROP TABLE ordered;
