-- One row per row of the day's files, with the columns of `events` and the reason why it is none, if any.
-- Reads the view export_rows and the variables timezone and export_day.
WITH listed AS (
    SELECT *, list_transform(event_params, LAMBDA p: p."key") AS keys
    FROM export_rows
),

params AS (
    SELECT
        *,
        text_of(value_of(event_params, keys, 'page_location')) AS page_location,
        value_of(event_params, keys, 'ga_session_id') AS ga_session,
        text_of(value_of(event_params, keys, 'source')) AS param_source,
        nullif(trim(coalesce(collected_traffic_source.gclid, text_of(value_of(event_params, keys, 'gclid')))), '') AS gclid,
        nullif(trim(coalesce(collected_traffic_source.dclid, text_of(value_of(event_params, keys, 'dclid')))), '') AS dclid
    FROM listed
),

located AS (
    SELECT *, split_part(split_part(page_location, '?', 1), '#', 1) AS bare, strpos(bare, '://') AS scheme_end
    FROM params
),

timed AS (
    SELECT
        *,
        CASE WHEN scheme_end > 1 AND strpos(bare, '/') = scheme_end + 1 THEN substr(bare, scheme_end + 3) END AS address,
        CASE WHEN event_timestamp BETWEEN 0 AND 4102444800000000 THEN make_timestamp(event_timestamp) END AS occurred_at,
        coalesce(is_named(collected_traffic_source.manual_source), false)
        OR (collected_traffic_source.manual_source IS NOT NULL AND NOT coalesce(is_named(param_source), false)) AS is_manual
    FROM located
)

SELECT
    coalesce(TRY_CAST(try_strptime(event_date, '%Y%m%d') AS DATE), getvariable('export_day')) AS event_date,
    occurred_at,
    nullif(trim(event_name), '') AS event_name,
    nullif(trim(user_pseudo_id), '') AS device_id,
    user_id,
    CASE
        WHEN ga_session.int_value IS NOT NULL THEN ga_session.int_value
        ELSE TRY_CAST(regexp_extract(text_of(ga_session), '^s?([0-9]+)', 1) AS BIGINT)
    END AS ga_session_id,
    page_location,
    CASE
        WHEN address IS NULL THEN if(bare = '', '/', bare)
        WHEN contains(address, '/') THEN substr(address, strpos(address, '/'))
        ELSE '/'
    END AS page_path,
    text_of(value_of(event_params, keys, 'page_title')) AS page_title,
    text_of(value_of(event_params, keys, 'page_referrer')) AS page_referrer,
    number_of(value_of(event_params, keys, 'engagement_time_msec')) / 1000 AS engagement_seconds,
    CASE WHEN is_manual THEN collected_traffic_source.manual_source ELSE param_source END AS source,
    CASE
        WHEN is_manual THEN collected_traffic_source.manual_medium
        ELSE text_of(value_of(event_params, keys, 'medium'))
    END AS medium,
    CASE
        WHEN is_manual THEN collected_traffic_source.manual_campaign_name
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
        nullif(split_part(split_part(split_part(address, '/', 1), '@', -1), ':', 1), '')
    ) AS hostname,
    platform,
    coalesce(ecommerce.transaction_id, text_of(value_of(event_params, keys, 'transaction_id'))) AS transaction_id,
    money(ecommerce.purchase_revenue) AS revenue,
    money(ecommerce.refund_value) AS refund,
    text_of(value_of(event_params, keys, 'currency')) AS currency,
    ecommerce.total_item_quantity AS item_count,
    text_of(value_of(event_params, keys, 'search_term')) AS search_term,
    number_of(value_of(event_params, keys, 'score')) AS score,
    event_params,
    source_file,
    whole_of(value_of(event_params, keys, 'ga_session_number')) AS ga_session_number,
    CASE
        WHEN gclid IS NOT NULL THEN 'gclid'
        WHEN trim(text_of(value_of(event_params, keys, 'wbraid'))) <> '' THEN 'wbraid'
        WHEN trim(text_of(value_of(event_params, keys, 'gbraid'))) <> '' THEN 'gbraid'
        WHEN trim(text_of(value_of(event_params, keys, 'msclkid'))) <> '' THEN 'msclkid'
        WHEN dclid IS NOT NULL THEN 'dclid'
        WHEN trim(text_of(value_of(event_params, keys, 'fbclid'))) <> '' THEN 'fbclid'
    END AS click_id,
    session_traffic_source_last_click.cross_channel_campaign.default_channel_group AS default_channel_group,
    getvariable('export_day') AS export_date,
    coalesce(batch_page_id, whole_of(value_of(event_params, keys, 'batch_page_id'))) AS batch_page_id,
    coalesce(batch_ordering_id, whole_of(value_of(event_params, keys, 'batch_ordering_id'))) AS batch_ordering_id,
    coalesce(batch_event_index, whole_of(value_of(event_params, keys, 'batch_event_index'))) AS batch_event_index,
    stream_id,
    items,
    row_number,
    CASE
        WHEN NOT is_parsed THEN 'does not parse'
        WHEN event_timestamp IS NULL THEN 'no event_timestamp'
        WHEN coalesce(trim(event_name), '') = '' THEN 'no event_name'
        WHEN occurred_at IS NULL
            OR abs(date_diff(
                'day',
                getvariable('export_day'),
                timezone(getvariable('timezone'), timezone('UTC', occurred_at))::DATE
            )) > 2
            THEN 'far from the export day'
    END AS reason
FROM timed
