-- One row per row of the day's files, with the columns of `events` and the reason why it is none, if any.
-- Reads the view export_rows and the variable timezone.
WITH listed AS (
    SELECT *, list_transform(event_params, LAMBDA p: p."key") AS keys, collected_traffic_source AS collected
    FROM export_rows
),

params AS (
    SELECT
        *,
        text_of(value_of(event_params, keys, 'page_location')) AS page_location,
        value_of(event_params, keys, 'ga_session_id') AS ga_session,
        coalesce(
            nullif(list_position(keys, 'gclid'), 0), nullif(list_position(keys, 'wbraid'), 0),
            nullif(list_position(keys, 'gbraid'), 0), nullif(list_position(keys, 'msclkid'), 0),
            nullif(list_position(keys, 'dclid'), 0), nullif(list_position(keys, 'fbclid'), 0)
        ) IS NOT NULL OR collected.gclid IS NOT NULL OR collected.dclid IS NOT NULL AS may_have_click,
        CASE
            WHEN collected.manual_source IS NULL THEN false
            ELSE is_named(collected.manual_source)
                OR NOT coalesce(is_named(text_of(value_of(event_params, keys, 'source'))), false)
        END AS is_manual
    FROM listed
),

-- A page's address is taken apart a cut at a time: what is used twice stands in a query of its own.
bared AS (
    SELECT *, split_part(split_part(page_location, '?', 1), '#', 1) AS bare FROM params
),

schemed AS (
    SELECT *, strpos(bare, '://') AS scheme_end, strpos(bare, '/') AS first_slash FROM bared
),

addressed AS (
    SELECT
        *,
        CASE WHEN scheme_end > 1 AND first_slash = scheme_end + 1 THEN substr(bare, scheme_end + 3) END AS address
    FROM schemed
),

cut AS (
    SELECT *, strpos(address, '/') AS path_start FROM addressed
),

timed AS (
    SELECT
        *,
        CASE WHEN path_start > 0 THEN substr(address, 1, path_start - 1) ELSE address END AS authority,
        CASE WHEN event_timestamp BETWEEN 0 AND 4102444800000000 THEN make_timestamp(event_timestamp) END AS occurred_at
    FROM cut
),

identified AS (
    SELECT *, id_of(user_pseudo_id) AS own_device, id_of(user_id) AS own_user FROM timed
)

SELECT
    coalesce(TRY_CAST(try_strptime(event_date, '%Y%m%d') AS DATE), export_day) AS event_date,
    occurred_at,
    local_day(quarter_of(occurred_at), getvariable('timezone')) AS occurred_on,
    nullif(trim(event_name), '') AS event_name,
    CASE WHEN NOT is_placeholder(own_device) THEN own_device END AS device_id,
    CASE WHEN NOT is_placeholder(own_user) THEN own_user END AS user_id,
    is_placeholder(own_device) AS has_placeholder_device,
    is_placeholder(own_user) AS has_placeholder_user,
    CASE
        WHEN ga_session.int_value IS NOT NULL THEN ga_session.int_value
        ELSE TRY_CAST(regexp_extract(text_of(ga_session), '^s?([0-9]+)', 1) AS BIGINT)
    END AS ga_session_id,
    page_location,
    CASE
        WHEN address IS NULL THEN if(bare = '', '/', bare)
        WHEN path_start > 0 THEN substr(address, path_start)
        ELSE '/'
    END AS page_path,
    text_of(value_of(event_params, keys, 'page_title')) AS page_title,
    text_of(value_of(event_params, keys, 'page_referrer')) AS page_referrer,
    number_of(value_of(event_params, keys, 'engagement_time_msec')) / 1000 AS engagement_seconds,
    CASE
        WHEN is_manual THEN collected.manual_source
        ELSE text_of(value_of(event_params, keys, 'source'))
    END AS source,
    CASE
        WHEN is_manual THEN collected.manual_medium
        ELSE text_of(value_of(event_params, keys, 'medium'))
    END AS medium,
    CASE
        WHEN is_manual THEN collected.manual_campaign_name
        ELSE text_of(value_of(event_params, keys, 'campaign'))
    END AS campaign,
    device.category AS device_category,
    device.operating_system AS operating_system,
    coalesce(device.web_info.browser, device.browser) AS browser,
    device.language AS language,
    geo.country AS country,
    geo.city AS city,
    coalesce(
        device.web_info.hostname,
        event_dimensions.hostname,
        nullif(
            split_part(
                CASE WHEN contains(authority, '@') THEN substr(authority, strpos(authority, '@') + 1) ELSE authority END,
                ':', 1
            ),
            ''
        )
    ) AS hostname,
    platform,
    whole_number(
        coalesce(ecommerce.transaction_id, text_of(value_of(event_params, keys, 'transaction_id')))
    ) AS transaction_id,
    money(ecommerce.purchase_revenue) AS revenue,
    money(ecommerce.refund_value) AS refund,
    revenue AS revenue_as_exported,
    refund AS refund_as_exported,
    text_of(value_of(event_params, keys, 'currency')) AS currency,
    ecommerce.total_item_quantity AS item_count,
    text_of(value_of(event_params, keys, 'search_term')) AS search_term,
    number_of(value_of(event_params, keys, 'score')) AS score,
    event_params,
    source_file,
    whole_of(value_of(event_params, keys, 'ga_session_number')) AS ga_session_number,
    CASE
        WHEN NOT may_have_click THEN NULL
        WHEN is_set(collected.gclid) OR is_set(text_of(value_of(event_params, keys, 'gclid'))) THEN 'gclid'
        WHEN is_set(text_of(value_of(event_params, keys, 'wbraid'))) THEN 'wbraid'
        WHEN is_set(text_of(value_of(event_params, keys, 'gbraid'))) THEN 'gbraid'
        WHEN is_set(text_of(value_of(event_params, keys, 'msclkid'))) THEN 'msclkid'
        WHEN is_set(collected.dclid) OR is_set(text_of(value_of(event_params, keys, 'dclid'))) THEN 'dclid'
        WHEN is_set(text_of(value_of(event_params, keys, 'fbclid'))) THEN 'fbclid'
    END AS click_id,
    nullif(
        stripped(session_traffic_source_last_click.cross_channel_campaign.default_channel_group), ''
    ) AS default_channel_group,
    export_day AS export_date,
    coalesce(batch_page_id, whole_of(value_of(event_params, keys, 'batch_page_id'))) AS batch_page_id,
    coalesce(batch_ordering_id, whole_of(value_of(event_params, keys, 'batch_ordering_id'))) AS batch_ordering_id,
    coalesce(batch_event_index, whole_of(value_of(event_params, keys, 'batch_event_index'))) AS batch_event_index,
    id_of(stream_id) AS stream_id,
    items,
    row_number,
    CASE
        WHEN fault IS NOT NULL THEN fault
        WHEN event_timestamp IS NULL THEN 'no event_timestamp'
        WHEN coalesce(trim(event_name), '') = '' THEN 'no event_name'
        WHEN occurred_at IS NULL
            OR abs(date_diff(
                'day',
                export_day,
                timezone(getvariable('timezone'), timezone('UTC', occurred_at))::DATE
            )) > 2
            THEN 'far from the export day'
    END AS reason
FROM identified
