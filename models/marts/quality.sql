-- One row per figure on how far the data can be trusted.
WITH settings AS (
    SELECT
        as_of,
        last_day_of(as_of, timezone) AS last_day,
        timezone,
        currency,
        is_currency_inferred::INTEGER AS currency_inferred
    FROM run_settings
),

loaded AS (
    SELECT
        min(export_day) AS first_export_day,
        coalesce(sum(duplicates), 0) AS duplicates,
        coalesce(sum(quarantined), 0) AS quarantined,
        coalesce(sum(excluded), 0) AS excluded
    FROM loads
),

-- as_of is the end of the last day, so that the days between are the days past each day's end.
provisional AS (
    SELECT avg((last_day - export_day <= 3)::INTEGER) AS provisional_day_share
    FROM (SELECT DISTINCT export_day FROM loads)
    CROSS JOIN settings
),

counted AS (
    SELECT
        count(*) AS events,
        count(device_id) AS followed,
        count(device_id) FILTER (session_id IS NULL) AS refunds_outside_sessions,
        count(*) FILTER (has_placeholder_user) AS placeholder_user_events,
        count(*) FILTER (has_placeholder_device) AS placeholder_device_events,
        coalesce(exact_sum(revenue), 0) AS revenue_exported,
        coalesce(exact_sum(CASE WHEN device_id IS NULL THEN revenue END), 0) AS revenue_unfollowed,
        coalesce(exact_sum(refund), 0) AS refund_exported,
        coalesce(exact_sum(CASE WHEN device_id IS NULL THEN refund END), 0) AS refund_unfollowed
    FROM events
),

contacts AS (
    SELECT
        coalesce(sum(event_count) FILTER (event_id IS NOT NULL), 0) AS in_touchpoints,
        count(*) FILTER (event_id IS NULL) AS arrivals,
        coalesce(exact_sum(refund), 0) AS refund_netted
    FROM touchpoints
),

visits AS (
    SELECT
        coalesce(sum(repeat_purchase_count), 0) AS repeated_purchases,
        count(DISTINCT journey_id) FILTER (journey_id NOT IN (SELECT journey_id FROM journeys))
            AS journeys_without_touchpoints
    FROM sessions
),

coverage AS (
    SELECT
        count(*) AS all_sessions,
        coalesce(sum(unmatched_event_count), 0) AS unmatched_events,
        count(*) FILTER (unmatched_event_count = event_count) AS unmatched_sessions,
        count(*) FILTER (touchpoint_count = 0) AS sessions_without_touchpoints
    FROM sessions
),

automatic AS (
    SELECT coalesce(sum(events), 0) AS automatic_events FROM unmatched_sessions WHERE is_automatic(event_name)
),

decided AS (
    SELECT
        avg(is_mature::INTEGER) AS mature_journey_share,
        avg((outcome = 'open')::INTEGER) AS open_journey_share,
        epoch(min(started_at)) AS first_started_at
    FROM journeys
),

-- Who came before the first day loaded can only be told from GA4's count of sessions.
people AS (
    SELECT
        coalesce(sum(agreeing_event_count), 0) AS agreeing,
        avg(is_returning::INTEGER) AS returning_person_share
    FROM counted_people
),

purchases AS (
    SELECT event_id FROM touchpoints WHERE is_conversion
),

transactions AS (
    SELECT DISTINCT person_id, event_name, transaction_id
    FROM events
    SEMI JOIN purchases USING (event_id)
    WHERE is_usable(transaction_id)
),

payments AS (
    SELECT
        event_id IN (SELECT event_id FROM purchases) AS is_counted,
        transactions.person_id IS NOT NULL AS is_repeat,
        revenue
    FROM events
    LEFT JOIN transactions USING (person_id, event_name, transaction_id)
    WHERE revenue IS NOT NULL AND device_id IS NOT NULL
),

earned AS (
    SELECT
        coalesce(exact_sum(CASE WHEN is_counted THEN revenue END), 0) AS revenue_counted,
        coalesce(exact_sum(CASE WHEN is_repeat AND NOT is_counted THEN revenue END), 0) AS revenue_repeated,
        coalesce(exact_sum(CASE WHEN NOT is_repeat AND NOT is_counted THEN revenue END), 0) AS revenue_other
    FROM payments
),

unmatched_refunds AS (
    SELECT count(*) AS refund_events_unmatched
    FROM events
    ANTI JOIN transactions USING (person_id, transaction_id)
    WHERE event_name = 'refund' AND device_id IS NOT NULL
),

-- A refund belongs to a counted purchase with revenue; of equal ones the earliest is taken off it.
refunds AS (
    SELECT
        refund,
        paid.transaction_id IS NULL AS is_unmatched,
        row_number() OVER (
            PARTITION BY
                events.person_id, paid.transaction_id, coalesce(currency_code(events.currency), settings.currency),
                abs(refund_as_exported)
            ORDER BY occurred_at, refund
        ) > 1 AS is_repeat
    FROM events
    CROSS JOIN settings
    LEFT JOIN (
        SELECT DISTINCT person_id, transaction_id
        FROM events
        SEMI JOIN (SELECT event_id FROM touchpoints WHERE is_conversion AND revenue IS NOT NULL) USING (event_id)
        WHERE is_usable(transaction_id)
    ) AS paid
        ON paid.person_id = events.person_id AND paid.transaction_id = events.transaction_id
            AND events.event_name = 'refund'
    WHERE refund IS NOT NULL AND device_id IS NOT NULL
),

returned AS (
    SELECT
        coalesce(exact_sum(CASE WHEN is_unmatched THEN refund END), 0) AS refund_unmatched,
        coalesce(exact_sum(CASE WHEN NOT is_unmatched AND is_repeat THEN refund END), 0) AS refund_repeated
    FROM refunds
),

without_rate AS (
    SELECT coalesce(sum(purchases_without_rate + refunds_without_rate), 0) AS amounts_without_rate FROM currencies
),

answered AS (
    SELECT count(*) AS survey_answers FROM events WHERE event_name = 'survey_answer'
),

off_scale AS (
    SELECT coalesce(sum(answers), 0) AS survey_answers_off_scale
    FROM (
        SELECT count(*) AS answers FROM survey_answers WHERE scale IS NULL
        UNION ALL
        SELECT count(*)
        FROM events
        WHERE event_name = 'survey_answer' AND session_id IS NULL
            AND NOT is_of_scale(score, scale_of(event_params))
    )
),

unattached AS (
    SELECT coalesce(sum(answers), 0) AS survey_answers_without_contact
    FROM sentiment
    WHERE dimension = 'all' AND level = 'touchpoint' AND state = '(none)'
),

facts AS (
    SELECT
        *,
        followed / nullif(events, 0) AS followed_share,
        in_touchpoints / nullif(followed, 0) AS touchpoint_event_share,
        (unmatched_events - automatic_events) / nullif(followed, 0) AS unmatched_event_share,
        automatic_events / nullif(followed, 0) AS automatic_event_share,
        if(first_export_day IS NOT NULL, last_day, NULL) AS last_export_day,
        unmatched_sessions / nullif(all_sessions, 0) AS unmatched_session_share,
        1 - arrivals / nullif(all_sessions, 0) AS unmatched_arrival_share,
        sessions_without_touchpoints / nullif(all_sessions, 0) AS session_without_touchpoint_share,
        agreeing / nullif(followed, 0) AS ga_session_agreement,
        ceil((epoch(as_of) - first_started_at) / 86400) - 1 AS window_days
    FROM settings, loaded, provisional, counted, contacts, visits, coverage, automatic, decided, people, earned,
        unmatched_refunds, returned, without_rate, answered, off_scale, unattached
)

SELECT
    figure.name,
    figure.value::DOUBLE AS value,
    figure.meaning,
    CASE name WHEN 'as_of' THEN as_of END AS value_at,
    CASE name WHEN 'first_export_day' THEN first_export_day WHEN 'last_export_day' THEN last_export_day END AS value_on,
    CASE name WHEN 'currency' THEN currency WHEN 'timezone' THEN timezone END AS value_text
FROM facts
CROSS JOIN LATERAL (
    VALUES
    ('as_of', NULL, 'End of the last export day with events of its own, UTC: what counts as now.'),
    ('first_export_day', NULL, 'First day loaded.'),
    ('last_export_day', NULL, 'Last day loaded with events of its own.'),
    ('currency', NULL, 'The property''s currency, in which money is.'),
    ('timezone', NULL, 'The property''s time zone, whose days are local days.'),
    ('provisional_day_share', provisional_day_share,
        'Share of loaded days that GA4 may still change: as_of is at most three days past their end.'),
    ('events', events, 'Events: rows accepted.'),
    ('duplicates', duplicates, 'Rows left out as equal to another of the same export day.'),
    ('quarantined', quarantined, 'Rows that cannot be events, kept in quarantine.'),
    ('excluded', excluded, 'Rows that the setting `exclude` left out.'),
    ('followed_share', followed_share, 'Share of events with a device, which can be followed.'),
    ('unfollowed_share', 1 - followed_share,
        'Share of events without a device (consent denied), in no session or journey.'),
    ('placeholder_user_events', placeholder_user_events,
        'Events whose user_id is a placeholder, such as undefined: they are taken to name no user.'),
    ('placeholder_device_events', placeholder_device_events,
        'Events whose user_pseudo_id is a placeholder, such as 0.0: they name no device and cannot be followed.'),
    ('touchpoint_event_share', touchpoint_event_share,
        'Share of followed events in a touchpoint: a rule recognises them, and they repeat no purchase.'),
    ('unmatched_event_share', unmatched_event_share,
        'Share of followed events that no rule recognises, without those that GA4 sends by itself; table unmatched has'
        ' them by name and page.'),
    ('automatic_event_share', automatic_event_share,
        'Share of followed events that no rule recognises and GA4 sends by itself, such as session_start and scroll.'),
    ('unmatched_session_share', unmatched_session_share,
        'Share of sessions in which no rule recognises an event, however the person came.'),
    ('unmatched_arrival_share', unmatched_arrival_share,
        'Share of sessions of which no rule recognises how the person came.'),
    ('session_without_touchpoint_share', session_without_touchpoint_share,
        'Share of sessions without any touchpoint, neither by an event nor by how the person came.'),
    ('journeys_without_touchpoints', journeys_without_touchpoints,
        'Journeys without any touchpoint, not listed in journeys.'),
    ('mature_journey_share', mature_journey_share,
        'Share of journeys that started more than a window before as_of, the ones that rates are taken over.'),
    ('open_journey_share', open_journey_share, 'Share of journeys that are not decided yet.'),
    ('mature_window_days', CASE WHEN window_days >= 1 THEN window_days END,
        'Longest journey window, in whole days, that would make a journey mature; null if none would.'),
    ('returning_person_share', returning_person_share,
        'Share of persons, where GA4 numbers their sessions, whose first one seen is not their first.'),
    ('ga_session_agreement', ga_session_agreement,
        'Share of followed events in a session that is one session to GA4 as well.'),
    ('repeated_purchases', repeated_purchases, 'Purchases left out as repeats of a transaction.'),
    ('currency_inferred', currency_inferred,
        '1: the property''s currency is ' || coalesce(currency, 'named nowhere')
            || ', which most purchases have; 0: setting `currency` names it, or no purchase does.'),
    ('amounts_without_rate', amounts_without_rate,
        'Revenues and refunds without an exchange rate, in no sum; table currencies has them by currency.'),
    ('refunds_outside_sessions', refunds_outside_sessions,
        'Refunds of followed persons that came while no session was under way, sent by a server: in no session.'),
    ('revenue_exported', revenue_exported,
        'Revenue of all events = counted + repeated + unfollowed + other; the property''s currency.'),
    ('revenue_counted', revenue_counted,
        'Revenue of counted conversions before refunds; the property''s currency.'),
    ('revenue_repeated', revenue_repeated,
        'Revenue of repeats of a counted transaction; the property''s currency.'),
    ('revenue_unfollowed', revenue_unfollowed,
        'Revenue of events without a device; the property''s currency.'),
    ('revenue_other', revenue_other,
        'Revenue of followed events that are no conversion; the property''s currency.'),
    ('refund_events_unmatched', refund_events_unmatched,
        'Refund events of followed persons without a counted conversion of their transaction.'),
    ('refund_exported', refund_exported,
        'Refunds of all events = netted + repeated + unfollowed + unmatched_refund_value; the property''s currency.'),
    ('refund_netted', refund_netted, 'Refunds taken off their counted conversion; the property''s currency.'),
    ('refund_repeated', refund_repeated,
        'Refunds equal to one taken off, so sent again; the property''s currency.'),
    ('refund_unfollowed', refund_unfollowed, 'Refunds of events without a device; the property''s currency.'),
    ('unmatched_refund_value', refund_unmatched,
        'Refunds of followed persons without a counted conversion, with revenue, of their transaction; the property''s'
            || ' currency.'),
    ('survey_answers', survey_answers, 'Answers to surveys: events survey_answer.'),
    ('survey_answers_off_scale', survey_answers_off_scale,
        'Answers without a score of their scale (0-10, or 1-5 where param survey is csat), in no figure.'),
    ('survey_answers_without_contact', survey_answers_without_contact,
        'Answers with a score that no contact of their journey stands before.')
) AS figure(name, value, meaning)
