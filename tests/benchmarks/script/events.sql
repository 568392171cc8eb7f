-- events, items and devices, from nested Parquet, as an analyst writes them who does all days at once.
-- {files} are the daily files, {columns} the columns of the export, {timezone} is the property's.
SET timezone = 'UTC';

CREATE OR REPLACE MACRO value_of(params, keys, name) AS list_extract(params, list_position(keys, name))."value";
CREATE OR REPLACE MACRO as_text(v) AS
    coalesce(v.string_value, v.int_value::VARCHAR, v.double_value::VARCHAR, v.float_value::VARCHAR);
CREATE OR REPLACE MACRO as_number(v) AS
    coalesce(v.int_value::DOUBLE, v.double_value, v.float_value, TRY_CAST(v.string_value AS DOUBLE));
CREATE OR REPLACE MACRO is_said(words) AS coalesce(trim(words) <> '', false);
CREATE OR REPLACE MACRO finite(amount) AS CASE WHEN isfinite(amount) THEN amount END;
CREATE OR REPLACE MACRO rank_of(name) AS coalesce(list_position([
    'session_start', 'first_visit', 'page_view', 'view_promotion', 'select_promotion', 'view_search_results',
    'view_item_list', 'select_item', 'view_item', 'add_to_wishlist', 'add_to_cart', 'remove_from_cart', 'view_cart',
    'begin_checkout', 'add_shipping_info', 'add_payment_info', 'purchase', 'refund'
], name), 99);

CREATE TEMP VIEW exported AS
SELECT
    *,
    filename AS source_file,
    file_row_number + 1 AS row_number,
    strptime(regexp_extract(filename, 'events_(\d{8})', 1), '%Y%m%d')::DATE AS export_date,
    CASE
        WHEN event_timestamp IS NULL THEN 'no event_timestamp'
        WHEN NOT is_said(event_name) THEN 'no event_name'
        WHEN abs(export_date - timezone('{timezone}', timezone('UTC', make_timestamp(event_timestamp)))::DATE) > 2
            THEN 'far from the export day'
    END AS reason
FROM read_parquet({files}, union_by_name = true, filename = true, file_row_number = true);

CREATE TABLE quarantine AS
SELECT source_file, row_number, reason, export_date AS export_day FROM exported WHERE reason IS NOT NULL;

-- Few rows share device, microsecond and name with another: only they are compared whole, within a day.
CREATE TEMP TABLE twins AS
WITH shared AS (
    SELECT user_pseudo_id, stream_id, event_timestamp, event_name
    FROM exported
    WHERE reason IS NULL
    GROUP BY ALL
    HAVING count(*) > 1
),

contents AS (
    SELECT
        e.*,
        replace(to_json(struct_pack({columns}))::VARCHAR, '":[]', '":null') AS content,
        timezone('{timezone}', timezone('UTC', make_timestamp(event_timestamp)))::DATE <> export_date AS is_late
    FROM exported AS e
    SEMI JOIN shared AS s
        ON e.event_timestamp = s.event_timestamp AND e.event_name = s.event_name AND e.stream_id = s.stream_id
        AND e.user_pseudo_id IS NOT DISTINCT FROM s.user_pseudo_id
    WHERE reason IS NULL
),

counted AS (
    SELECT *, row_number() OVER (PARTITION BY export_date, content ORDER BY source_file, row_number) > 1 AS is_duplicate
    FROM contents
)

SELECT
    source_file,
    row_number,
    is_duplicate,
    row_number() OVER (
        PARTITION BY
            export_date, user_pseudo_id, stream_id, event_timestamp, event_name, is_duplicate,
            batch_page_id, batch_ordering_id, batch_event_index
        ORDER BY content
    ) - 1 AS content_rank,
    row_number() OVER (
        PARTITION BY user_pseudo_id, stream_id, event_timestamp, event_name, is_duplicate
        ORDER BY
            is_late, batch_page_id NULLS FIRST, batch_ordering_id NULLS FIRST, batch_event_index NULLS FIRST,
            export_date, content
    ) - 1 AS key_rank
FROM counted;

CREATE TABLE accepted AS
WITH listed AS (
    SELECT
        * EXCLUDE (device, geo, ecommerce),
        device AS d, geo AS g, ecommerce AS e, collected_traffic_source AS c,
        list_transform(event_params, LAMBDA p: p."key") AS keys
    FROM exported
    LEFT JOIN twins USING (source_file, row_number)
    WHERE reason IS NULL AND NOT coalesce(is_duplicate, false)
),

params AS (
    SELECT
        *,
        as_text(value_of(event_params, keys, 'page_location')) AS page_location,
        value_of(event_params, keys, 'ga_session_id') AS ga_session,
        is_said(c.manual_source) AND c.manual_source <> '(direct)' AS is_manual
    FROM listed
)

SELECT
    (md5_number(concat_ws(
        '|', coalesce(user_pseudo_id, ''), stream_id, event_timestamp, event_name, coalesce(key_rank, 0)
    )) >> 65)::BIGINT AS event_id,
    strptime(event_date, '%Y%m%d')::DATE AS event_date,
    make_timestamp(event_timestamp) AS occurred_at,
    event_name,
    user_pseudo_id AS device_id,
    user_id,
    coalesce(ga_session.int_value, regexp_extract(as_text(ga_session), '^s?([0-9]+)', 1)::BIGINT) AS ga_session_id,
    page_location,
    CASE WHEN page_location IS NOT NULL THEN
        coalesce(nullif(regexp_extract(page_location, '^[^:/?#]+://[^/?#]*([^?#]*)', 1), ''), '/')
    END AS page_path,
    as_text(value_of(event_params, keys, 'page_title')) AS page_title,
    as_text(value_of(event_params, keys, 'page_referrer')) AS page_referrer,
    as_number(value_of(event_params, keys, 'engagement_time_msec')) / 1000 AS engagement_seconds,
    CASE WHEN is_manual THEN c.manual_source ELSE as_text(value_of(event_params, keys, 'source')) END AS source,
    CASE WHEN is_manual THEN c.manual_medium ELSE as_text(value_of(event_params, keys, 'medium')) END AS medium,
    CASE WHEN is_manual THEN c.manual_campaign_name ELSE as_text(value_of(event_params, keys, 'campaign')) END
        AS campaign,
    d.category AS device_category,
    d.operating_system,
    coalesce(d.web_info.browser, d.browser) AS browser,
    d.language,
    g.country,
    g.city,
    coalesce(d.web_info.hostname, event_dimensions.hostname) AS hostname,
    platform,
    coalesce(e.transaction_id, as_text(value_of(event_params, keys, 'transaction_id'))) AS transaction_id,
    finite(e.purchase_revenue) AS revenue,
    abs(finite(e.refund_value)) AS refund,
    finite(e.purchase_revenue) AS revenue_as_exported,
    finite(e.refund_value) AS refund_as_exported,
    as_text(value_of(event_params, keys, 'currency')) AS currency,
    e.total_item_quantity AS item_count,
    as_text(value_of(event_params, keys, 'search_term')) AS search_term,
    as_number(value_of(event_params, keys, 'score')) AS score,
    event_params,
    source_file,
    as_number(value_of(event_params, keys, 'ga_session_number'))::BIGINT AS ga_session_number,
    CASE
        WHEN is_said(c.gclid) OR is_said(as_text(value_of(event_params, keys, 'gclid'))) THEN 'gclid'
        WHEN is_said(c.dclid) OR is_said(as_text(value_of(event_params, keys, 'dclid'))) THEN 'dclid'
        WHEN is_said(as_text(value_of(event_params, keys, 'fbclid'))) THEN 'fbclid'
    END AS click_id,
    session_traffic_source_last_click.cross_channel_campaign.default_channel_group AS default_channel_group,
    export_date,
    batch_page_id,
    batch_ordering_id,
    batch_event_index,
    -- The sample has no ids that name nobody.
    false AS has_placeholder_user,
    false AS has_placeholder_device,
    stream_id,
    coalesce(content_rank, 0)::INTEGER AS content_rank,
    row_number
FROM params;

CREATE TABLE items AS
WITH listed AS (
    SELECT event_id, export_date, unnest(items) AS item, generate_subscripts(items, 1) AS item_index
    FROM exported
    JOIN accepted USING (source_file, row_number, export_date)
    WHERE len(items) > 0
)

SELECT
    event_id,
    item_index::INTEGER AS item_index,
    item.item_id,
    item.item_name,
    item.item_brand,
    item.item_category,
    finite(item.price) AS price,
    item.quantity,
    finite(item.item_revenue) AS item_revenue,
    export_date
FROM listed;

-- A device belongs to whom signed in on it last.
CREATE TABLE devices AS
SELECT
    device_id,
    coalesce('u:' || arg_max(
        user_id,
        (
            occurred_at, coalesce(batch_page_id, -1), coalesce(batch_ordering_id, -1), coalesce(batch_event_index, -1),
            rank_of(event_name), event_name, export_date, content_rank
        )
    ) FILTER (is_said(user_id)), 'd:' || device_id) AS person_id
FROM accepted
WHERE device_id IS NOT NULL
GROUP BY device_id;
