"""The GA4 BigQuery export as Google publishes it: fields with their types, and the natural order of its events."""

from collections.abc import Mapping
from types import MappingProxyType

AUTOMATIC_EVENTS = (
    "app_clear_data",
    "app_exception",
    "app_remove",
    "app_update",
    "first_open",
    "first_visit",
    "os_update",
    "scroll",
    "session_start",
    "user_engagement",
)
"""Names of events that GA4 sends by itself: they tell that a page was open, not that somebody did something."""

PARAM_VALUE = "STRUCT(string_value VARCHAR, int_value BIGINT, float_value DOUBLE, double_value DOUBLE)"
PARAMS = f'STRUCT("key" VARCHAR, "value" {PARAM_VALUE})[]'
CAMPAIGN = "campaign_id VARCHAR, campaign_name VARCHAR, source VARCHAR, medium VARCHAR, source_platform VARCHAR"

ITEM = (
    "STRUCT(item_id VARCHAR, item_name VARCHAR, item_brand VARCHAR, item_variant VARCHAR, item_category VARCHAR,"
    " item_category2 VARCHAR, item_category3 VARCHAR, item_category4 VARCHAR, item_category5 VARCHAR,"
    " price_in_usd DOUBLE, price DOUBLE, quantity BIGINT, item_revenue_in_usd DOUBLE, item_revenue DOUBLE,"
    " item_refund_in_usd DOUBLE, item_refund DOUBLE, coupon VARCHAR, affiliation VARCHAR, location_id VARCHAR,"
    " item_list_id VARCHAR, item_list_name VARCHAR, item_list_index VARCHAR, promotion_id VARCHAR,"
    f" promotion_name VARCHAR, creative_name VARCHAR, creative_slot VARCHAR, item_params {PARAMS})"
)

EXPORT_COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "event_date": "VARCHAR",
        "event_timestamp": "BIGINT",
        "event_previous_timestamp": "BIGINT",
        "event_name": "VARCHAR",
        "event_params": PARAMS,
        "event_value_in_usd": "DOUBLE",
        "event_bundle_sequence_id": "BIGINT",
        "event_server_timestamp_offset": "BIGINT",
        "batch_event_index": "BIGINT",
        "batch_ordering_id": "BIGINT",
        "batch_page_id": "BIGINT",
        "user_id": "VARCHAR",
        "user_pseudo_id": "VARCHAR",
        "is_active_user": "BOOLEAN",
        "user_first_touch_timestamp": "BIGINT",
        "user_ltv": "STRUCT(revenue DOUBLE, currency VARCHAR)",
        "user_properties": 'STRUCT("key" VARCHAR, "value" STRUCT(string_value VARCHAR, int_value BIGINT,'
        " float_value DOUBLE, double_value DOUBLE, set_timestamp_micros BIGINT))[]",
        "privacy_info": "STRUCT(analytics_storage VARCHAR, ads_storage VARCHAR, uses_transient_token VARCHAR)",
        "device": "STRUCT(category VARCHAR, mobile_brand_name VARCHAR, mobile_model_name VARCHAR,"
        " mobile_marketing_name VARCHAR, mobile_os_hardware_model VARCHAR, operating_system VARCHAR,"
        " operating_system_version VARCHAR, vendor_id VARCHAR, advertising_id VARCHAR, language VARCHAR,"
        " is_limited_ad_tracking VARCHAR, time_zone_offset_seconds BIGINT, browser VARCHAR, browser_version VARCHAR,"
        " web_info STRUCT(browser VARCHAR, browser_version VARCHAR, hostname VARCHAR))",
        "geo": "STRUCT(continent VARCHAR, sub_continent VARCHAR, country VARCHAR, region VARCHAR, city VARCHAR,"
        " metro VARCHAR)",
        "app_info": 'STRUCT(id VARCHAR, "version" VARCHAR, install_store VARCHAR, firebase_app_id VARCHAR,'
        " install_source VARCHAR)",
        "traffic_source": 'STRUCT("name" VARCHAR, medium VARCHAR, source VARCHAR)',
        "collected_traffic_source": "STRUCT(manual_campaign_id VARCHAR, manual_campaign_name VARCHAR,"
        " manual_source VARCHAR, manual_medium VARCHAR, manual_term VARCHAR, manual_content VARCHAR,"
        " manual_source_platform VARCHAR, manual_creative_format VARCHAR, manual_marketing_tactic VARCHAR,"
        " gclid VARCHAR, dclid VARCHAR, srsltid VARCHAR)",
        "session_traffic_source_last_click": "STRUCT(manual_campaign STRUCT(campaign_id VARCHAR,"
        " campaign_name VARCHAR, source VARCHAR, medium VARCHAR, term VARCHAR, content VARCHAR,"
        " source_platform VARCHAR, creative_format VARCHAR, marketing_tactic VARCHAR), google_ads_campaign"
        " STRUCT(customer_id VARCHAR, account_name VARCHAR, campaign_id VARCHAR, campaign_name VARCHAR,"
        f" ad_group_id VARCHAR, ad_group_name VARCHAR), cross_channel_campaign STRUCT({CAMPAIGN},"
        " default_channel_group VARCHAR, primary_channel_group VARCHAR))",
        "stream_id": "VARCHAR",
        "platform": "VARCHAR",
        "event_dimensions": "STRUCT(hostname VARCHAR)",
        "ecommerce": "STRUCT(total_item_quantity BIGINT, purchase_revenue_in_usd DOUBLE, purchase_revenue DOUBLE,"
        " refund_value_in_usd DOUBLE, refund_value DOUBLE, shipping_value_in_usd DOUBLE, shipping_value DOUBLE,"
        " tax_value_in_usd DOUBLE, tax_value DOUBLE, unique_items BIGINT, transaction_id VARCHAR)",
        "items": f"{ITEM}[]",
        "publisher": "STRUCT(ad_revenue_in_usd DOUBLE, ad_format VARCHAR, ad_source_name VARCHAR, ad_unit_id VARCHAR)",
    }
)

REQUIRED_COLUMNS = ("event_timestamp", "event_name")

NATURAL_ORDER = (
    "session_start",
    "first_visit",
    "page_view",
    "view_promotion",
    "select_promotion",
    "view_search_results",
    "view_item_list",
    "select_item",
    "view_item",
    "add_to_wishlist",
    "add_to_cart",
    "remove_from_cart",
    "view_cart",
    "begin_checkout",
    "add_shipping_info",
    "add_payment_info",
    "purchase",
    "refund",
)
"""The order in which GA4's events follow from one another; all others come after."""

CLICK_IDS = ("gclid", "wbraid", "gbraid", "msclkid", "dclid", "fbclid")
