-- sessions and touchpoints, by window functions over each device's events in event order.
-- {conversion} is the rule of the conversion, {event_rules} and {session_rules} are the rules of the lifecycle, as CASEs.
CREATE OR REPLACE MACRO host_of(words) AS regexp_replace(
    rtrim(regexp_replace(lower(trim(words)), ':\d*$', ''), '.'), '^www\.', ''
);
CREATE OR REPLACE MACRO is_usable(id) AS coalesce(trim(id) NOT IN ('', '(not set)'), false);
CREATE OR REPLACE MACRO micros(amount) AS round(amount * 1000000)::HUGEINT;

CREATE TEMP TABLE sources AS
WITH named AS (
    SELECT DISTINCT source, page_location FROM accepted WHERE is_said(source) AND lower(trim(source)) <> '(direct)'
),

hosts AS (
    SELECT *, host_of(source) AS host, host_of(regexp_extract(page_location, '^[^:/?#]+://([^/?#]+)', 1)) AS page
    FROM named
)

SELECT source, page_location, true AS has_source
FROM hosts
WHERE page IS NULL OR page = '' OR NOT (host = page OR ends_with(host, '.' || page) OR ends_with(page, '.' || host));

-- Windows sort what they are given: keys alone first, the rest is joined to them.
CREATE TEMP TABLE ordered AS
WITH placed AS (
    SELECT
        event_id,
        device_id,
        row_number() OVER history AS place,
        event_name = 'refund' AS is_refund,
        occurred_at - max(occurred_at) FILTER (event_name <> 'refund') OVER (
            history ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) <= INTERVAL 30 MINUTE IS TRUE AS goes_on
    FROM accepted
    WHERE device_id IS NOT NULL
    WINDOW history AS (
        PARTITION BY device_id
        ORDER BY
            occurred_at, batch_page_id NULLS FIRST, batch_ordering_id NULLS FIRST, batch_event_index NULLS FIRST,
            rank_of(event_name), event_name, export_date, content_rank
    )
),

numbered AS (
    SELECT
        event_id,
        place,
        sum((NOT is_refund AND NOT goes_on)::INTEGER) OVER (PARTITION BY device_id ORDER BY place)::INTEGER
            AS device_session_number
    FROM placed
    WHERE NOT is_refund OR goes_on
)

SELECT
    event_id, device_id, person_id, place, device_session_number, occurred_at, event_name, a.page_location, page_path,
    a.source, medium, campaign, coalesce(has_source, false) AS has_source, click_id, default_channel_group,
    engagement_seconds, transaction_id, revenue, refund, device_category, operating_system, browser, language, country,
    city, hostname, platform, ga_session_number
FROM accepted AS a
JOIN numbered USING (event_id)
JOIN devices AS d USING (device_id)
LEFT JOIN sources AS s ON a.source = s.source AND a.page_location IS NOT DISTINCT FROM s.page_location;

CREATE TEMP TABLE visits AS
WITH described AS (
    SELECT
        device_id,
        device_session_number,
        any_value(person_id) AS person_id,
        min(occurred_at) AS started_at,
        max(occurred_at) FILTER (event_name <> 'refund') AS ended_at,
        count(*) AS event_count,
        count(*) FILTER (event_name = 'page_view') AS page_view_count,
        coalesce(sum(round(engagement_seconds * 1000000)::BIGINT), 0)::BIGINT / 1000000 AS engagement_seconds,
        arg_min(
            {'source': if(has_source, source, NULL), 'medium': if(has_source, medium, NULL),
             'campaign': if(has_source, campaign, NULL), 'click_id': click_id},
            place
        ) FILTER (has_source OR click_id IS NOT NULL) AS origin,
        arg_min(default_channel_group, place) AS default_channel_group,
        arg_min_null(page_location, place) FILTER (event_name = 'page_view') AS landing_page,
        arg_max_null(page_location, place) FILTER (event_name = 'page_view') AS exit_page,
        arg_min_null(page_path, place) FILTER (event_name = 'page_view') AS landing_path,
        arg_max_null(page_path, place) FILTER (event_name = 'page_view') AS exit_path,
        arg_min(device_category, place) AS device_category,
        arg_min(country, place) AS country,
        arg_min(operating_system, place) AS operating_system,
        arg_min(browser, place) AS browser,
        arg_min(language, place) AS language,
        arg_min(city, place) AS city,
        arg_min(hostname, place) AS hostname,
        arg_min(platform, place) AS platform,
        arg_min(ga_session_number, place) AS ga_session_number
    FROM ordered
    GROUP BY device_id, device_session_number
)

SELECT
    (hash(device_id, started_at) >> 1)::BIGINT AS session_id,
    * EXCLUDE (origin),
    if(origin IS NULL, '(direct)', origin.source) AS source,
    if(origin IS NULL, '(none)', origin.medium) AS medium,
    origin.campaign AS campaign,
    origin.click_id AS click_id
FROM described;

-- GA4's rules, tried once for each combination there is.
CREATE TEMP TABLE channels AS
WITH combinations AS (
    SELECT DISTINCT source, medium, campaign, click_id FROM visits WHERE default_channel_group IS NULL
),

texts AS (
    SELECT
        *,
        lower(trim(coalesce(source, ''))) AS s,
        lower(trim(coalesce(medium, ''))) AS m,
        lower(trim(coalesce(campaign, ''))) AS c,
        rtrim(regexp_replace(regexp_replace(s, '^[a-z]+://', ''), '[/:?#].*$', ''), '.') AS host,
        s IN ('', '(direct)') AND m IN ('', '(none)', '(not set)') AS is_direct,
        regexp_matches(m, '^(.*cp.*|ppc|retargeting|paid.*)$') AS is_paid,
        regexp_matches(host, '{search}') AS is_search,
        regexp_matches(host, '{social}') AS is_social,
        regexp_matches(host, '{video}') AS is_video,
        regexp_matches(host, '{ai}') AS is_ai,
        regexp_matches(host, '{shopping}') OR regexp_matches(c, '^(.*(([^a-df-z]|^)shop|shopping).*)$') AS is_shop
    FROM combinations
)

SELECT source, medium, campaign, click_id, CASE
    WHEN is_direct AND click_id IN ('gclid', 'wbraid', 'gbraid', 'msclkid') THEN 'Paid Search'
    WHEN is_direct AND click_id = 'dclid' THEN 'Display'
    WHEN is_direct AND click_id = 'fbclid' THEN 'Organic Social'
    WHEN is_direct THEN 'Direct'
    WHEN contains(c, 'cross-network') THEN 'Cross-network'
    WHEN m = 'ai-assistant' OR is_ai THEN 'AI Assistant'
    WHEN is_shop AND is_paid THEN 'Paid Shopping'
    WHEN is_search AND is_paid THEN 'Paid Search'
    WHEN is_social AND is_paid THEN 'Paid Social'
    WHEN is_video AND is_paid THEN 'Paid Video'
    WHEN m IN ('display', 'banner', 'expandable', 'interstitial', 'cpm') THEN 'Display'
    WHEN is_paid THEN 'Paid Other'
    WHEN is_shop THEN 'Organic Shopping'
    WHEN is_social OR m IN ('social', 'social-network', 'social-media', 'sm', 'social network', 'social media')
        THEN 'Organic Social'
    WHEN is_video OR contains(m, 'video') THEN 'Organic Video'
    WHEN is_search OR m = 'organic' THEN 'Organic Search'
    WHEN regexp_matches(s, 'email|e-mail|e_mail|e mail') OR regexp_matches(m, 'email|e-mail|e_mail|e mail') THEN 'Email'
    WHEN m = 'affiliate' THEN 'Affiliates'
    WHEN m IN ('referral', 'app', 'link') THEN 'Referral'
    WHEN m = 'audio' THEN 'Audio'
    WHEN s = 'sms' OR m = 'sms' THEN 'SMS'
    WHEN ends_with(m, 'push') OR regexp_matches(m, 'mobile|notification') OR s = 'firebase' THEN 'Mobile Push'
    ELSE 'Unassigned'
END AS channel
FROM texts;

CREATE TEMP TABLE arrived AS
SELECT v.* EXCLUDE (click_id), coalesce(v.default_channel_group, c.channel) AS channel
FROM visits AS v
LEFT JOIN channels AS c
    ON v.source IS NOT DISTINCT FROM c.source AND v.medium IS NOT DISTINCT FROM c.medium
    AND v.campaign IS NOT DISTINCT FROM c.campaign AND v.click_id IS NOT DISTINCT FROM c.click_id;

CREATE TEMP TABLE conversions AS
SELECT
    event_id, person_id, occurred_at,
    is_usable(transaction_id) AND row_number() OVER (
        PARTITION BY o.person_id, transaction_id, is_usable(transaction_id)
        ORDER BY occurred_at, a.started_at, session_id, place
    ) > 1 AS is_repeat
FROM ordered AS o
JOIN arrived AS a USING (person_id, device_id, device_session_number)
WHERE {conversion};

CREATE TEMP TABLE customers AS
SELECT person_id, min(occurred_at) AS first_conversion_at FROM conversions WHERE NOT is_repeat GROUP BY person_id;

CREATE TEMP TABLE judged AS
WITH known AS (
    SELECT
        event_id, device_id, device_session_number, person_id, occurred_at, place, event_name, page_path,
        transaction_id, revenue,
        coalesce(occurred_at > first_conversion_at, false) AS is_customer
    FROM ordered
    LEFT JOIN customers USING (person_id)
),

kinds AS (
    SELECT event_name, page_path, is_customer, {event_rules} AS touchpoint
    FROM (SELECT DISTINCT event_name, page_path, is_customer FROM known)
)

SELECT known.*, touchpoint, coalesce(is_repeat, false) AS is_repeat, conversions.event_id IS NOT NULL AS is_conversion
FROM known
JOIN kinds
    ON known.event_name = kinds.event_name AND known.is_customer = kinds.is_customer
    AND known.page_path IS NOT DISTINCT FROM kinds.page_path
LEFT JOIN conversions USING (event_id);

-- Contacts of one kind in a row are one; an arrival stands at the start of its session.
-- What confirms a conversion, at most a minute before it, stands directly after it.
CREATE TEMP TABLE contacts AS
WITH ahead AS (
    SELECT
        *,
        min(CASE WHEN is_conversion AND NOT is_repeat THEN place END) OVER rest AS next_place,
        min(CASE WHEN is_conversion AND NOT is_repeat THEN occurred_at END) OVER rest AS next_at,
        touchpoint IN ({confirming}) AND NOT is_conversion AND next_at - occurred_at <= INTERVAL 60 SECOND AS confirms
    FROM judged
    WHERE touchpoint IS NOT NULL AND NOT is_repeat
    WINDOW rest AS (
        PARTITION BY device_id, device_session_number ORDER BY place ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING
    )
),

moved AS (
    SELECT * REPLACE (
        CASE WHEN confirms THEN next_at ELSE occurred_at END AS occurred_at,
        CASE WHEN confirms THEN next_place + 0.5 + place / 1e11 ELSE place END::DOUBLE AS place
    )
    FROM ahead
),

chosen AS (
    SELECT
        *,
        is_conversion OR touchpoint IS DISTINCT FROM lag(touchpoint) OVER session AS starts
    FROM moved
    WINDOW session AS (PARTITION BY device_id, device_session_number ORDER BY place)
),

numbered AS (
    SELECT *, sum(starts::INTEGER) OVER (PARTITION BY device_id, device_session_number ORDER BY place) AS run FROM chosen
),

runs AS (
    SELECT
        device_id,
        device_session_number,
        arg_min(
            {'person_id': person_id, 'touchpoint': touchpoint, 'occurred_at': occurred_at, 'event_id': event_id,
             'transaction_id': transaction_id, 'revenue': revenue, 'is_conversion': is_conversion},
            place
        ) AS head,
        min(place) AS place,
        count(*) AS event_count
    FROM numbered
    GROUP BY device_id, device_session_number, run
),

refunds AS (
    SELECT person_id, transaction_id, sum(micros(refund)) AS refunded
    FROM (
        SELECT DISTINCT person_id, transaction_id, refund
        FROM accepted
        JOIN devices USING (device_id)
        WHERE event_name = 'refund' AND is_usable(transaction_id) AND refund IS NOT NULL
    )
    GROUP BY ALL
),

netted AS (
    SELECT
        device_id, device_session_number, place, event_count, head.touchpoint, head.occurred_at, head.event_id,
        head.is_conversion,
        CASE WHEN head.is_conversion AND head.revenue IS NOT NULL
            THEN (micros(head.revenue) - coalesce(refunded, 0)) / 1000000 END AS revenue,
        CASE WHEN head.is_conversion AND head.revenue IS NOT NULL THEN refunded / 1000000 END AS refund
    FROM runs
    LEFT JOIN refunds ON head.person_id = refunds.person_id AND head.transaction_id = refunds.transaction_id
),

known AS (
    SELECT
        a.* REPLACE (coalesce(started_at > first_conversion_at, false) AS is_customer)
    FROM (SELECT *, device_session_number AS session_number, false AS is_customer FROM arrived) AS a
    LEFT JOIN customers USING (person_id)
),

ways AS (
    SELECT campaign, channel, is_customer, medium, session_number, source, {session_rules} AS touchpoint
    FROM (SELECT DISTINCT campaign, channel, is_customer, medium, session_number, source FROM known)
),

arrivals AS (
    SELECT k.device_id, k.device_session_number, k.started_at, w.touchpoint
    FROM known AS k
    JOIN ways AS w
        ON k.channel = w.channel AND k.is_customer = w.is_customer AND k.session_number = w.session_number
        AND k.source IS NOT DISTINCT FROM w.source AND k.medium IS NOT DISTINCT FROM w.medium
        AND k.campaign IS NOT DISTINCT FROM w.campaign
    WHERE w.touchpoint IS NOT NULL
)

SELECT * FROM netted
UNION ALL
SELECT device_id, device_session_number, 0, 1, touchpoint, started_at, NULL, false, NULL, NULL FROM arrivals;
