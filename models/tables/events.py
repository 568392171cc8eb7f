"""Contracts of what was loaded: events, their items, the files they came from, what was rejected, and devices."""

from models.tables.contract import Column, Table

PARAMS_TYPE = (
    'STRUCT("key" VARCHAR, "value" STRUCT(string_value VARCHAR, int_value BIGINT,'
    " float_value DOUBLE, double_value DOUBLE))[]"
)

OF_FEEDS = ("no occurred_at", "unreadable number")

EVENTS = Table(
    "events",
    "One row per event: an accepted row of an export or a feed, duplicates left out.",
    ("event_id",),
    (
        Column("event_id", "BIGINT", "Key: hash of device, microsecond, name and rank among equals.", True),
        Column("event_date", "DATE", "Local day of the property on which the event happened, as exported."),
        Column("occurred_at", "TIMESTAMP", "When the event happened, by the device's clock, UTC.", True),
        Column("event_name", "VARCHAR", "GA4's name of the event, such as page_view or purchase.", True),
        Column("device_id", "VARCHAR", "user_pseudo_id, else u: and user_id in a feed; null where consent was denied."),
        Column("user_id", "VARCHAR", "The site's own id of the signed-in user, if any; a placeholder is none."),
        Column("person_id", "VARCHAR", "Person behind the device; null where it cannot be followed."),
        Column(
            "session_id", "BIGINT", "Session of the event; null where it cannot be followed, and for a refund in none."
        ),
        Column("ga_session_id", "BIGINT", "GA4's own session id, unique only within a device."),
        Column("page_location", "VARCHAR", "Full address of the page."),
        Column("page_path", "VARCHAR", "Path of page_location without query and fragment, '/' where empty."),
        Column("page_title", "VARCHAR", "Title of the page."),
        Column("page_referrer", "VARCHAR", "Address of the page before."),
        Column("engagement_seconds", "DOUBLE", "Time in the foreground that the event reports, seconds."),
        Column("source", "VARCHAR", "Traffic source that this event names, whatever click_id says; see sessions."),
        Column("medium", "VARCHAR", "Medium beside source."),
        Column("campaign", "VARCHAR", "Campaign beside source."),
        Column("device_category", "VARCHAR", "desktop, mobile, tablet, ..."),
        Column("operating_system", "VARCHAR", "Operating system of the device."),
        Column("browser", "VARCHAR", "Browser."),
        Column("language", "VARCHAR", "Language of the device."),
        Column("country", "VARCHAR", "Country by the device's network address."),
        Column("city", "VARCHAR", "City by the device's network address."),
        Column("hostname", "VARCHAR", "Host that served the page, as exported, else that of page_location."),
        Column("platform", "VARCHAR", "WEB, ANDROID or IOS."),
        Column("transaction_id", "VARCHAR", "ecommerce's, else the param; a number without a fraction of zero."),
        Column(
            "revenue",
            "DOUBLE",
            "Purchase revenue, the property's currency; null where none was given, or without a rate.",
        ),
        Column(
            "refund",
            "DOUBLE",
            "Value refunded, positive, the property's currency; null where none was given, or without a rate.",
        ),
        Column("currency", "VARCHAR", "Currency param, as it came; without one it is the property's currency."),
        Column("item_count", "BIGINT", "Number of items, ecommerce.total_item_quantity."),
        Column("search_term", "VARCHAR", "What was searched for on the site."),
        Column("score", "DOUBLE", "Param score of a survey answer."),
        Column("event_params", PARAMS_TYPE, "All params as exported: param_text(event_params, 'key') reads one."),
        Column("source_file", "VARCHAR", "File that the event was loaded from.", True),
        Column("ga_session_number", "BIGINT", "GA4's count of the device's sessions, this one included."),
        Column("click_id", "VARCHAR", "Name of the first ad click id that is set: gclid, dclid, fbclid, ..."),
        Column("default_channel_group", "VARCHAR", "Channel group that GA4 exported, if any; Offline for a feed."),
        Column("export_date", "DATE", "Day of the export that the event came in; a feed's event has its own.", True),
        Column("batch_page_id", "BIGINT", "Order of pages in a device's batch of events (second in event order)."),
        Column("batch_ordering_id", "BIGINT", "Order of requests on a page (third in event order)."),
        Column("batch_event_index", "BIGINT", "Order of events in a request (fourth in event order)."),
        Column("stream_id", "VARCHAR", "Data stream of the property."),
        Column("revenue_as_exported", "DOUBLE", "Purchase revenue as it came, in the event's currency."),
        Column("refund_as_exported", "DOUBLE", "Value refunded as it came, sign and all, in the event's currency."),
        Column("has_placeholder_user", "BOOLEAN", "Its user_id was a placeholder, such as undefined.", True),
        Column("has_placeholder_device", "BOOLEAN", "Its user_pseudo_id was a placeholder, such as 0.0.", True),
        Column(
            "content_rank",
            "INTEGER",
            "Rank by content among rows equal in all else (last in event order); from 2^30 on for those of feeds.",
            True,
        ),
        Column(
            "occurred_on",
            "DATE",
            "Local day of the property of occurred_at; event_date is what GA4 says it was.",
            True,
            day_of="occurred_at",
        ),
    ),
    example="SELECT event_name, count(*) AS events FROM events GROUP BY ALL ORDER BY events DESC",
)

ITEMS = Table(
    "items",
    "One row per item of an event, such as a product in a cart.",
    ("event_id", "item_index"),
    (
        Column("event_id", "BIGINT", "Event that lists the item.", True, references="events.event_id"),
        Column("item_index", "INTEGER", "Position in the event's list, from 1.", True),
        Column("item_id", "VARCHAR", "Product id."),
        Column("item_name", "VARCHAR", "Product name."),
        Column("item_brand", "VARCHAR", "Brand."),
        Column("item_category", "VARCHAR", "First category."),
        Column("price", "DOUBLE", "Price of one, in the event's currency, as exported."),
        Column("quantity", "BIGINT", "How many."),
        Column("item_revenue", "DOUBLE", "Revenue of the item, in the event's currency, as exported; purchases only."),
        Column("export_date", "DATE", "Day of the export that the item came in.", True),
    ),
    example="SELECT item_name, sum(quantity) AS sold FROM items SEMI JOIN (FROM touchpoints WHERE is_conversion)"
    " USING (event_id) GROUP BY ALL ORDER BY sold DESC",
)

LOADS = Table(
    "loads",
    "One row per file that the tables stand on. rows_read = events + duplicates + quarantined + excluded.",
    ("source_file",),
    (
        Column("source_file", "VARCHAR", "Address of the file.", True),
        Column("export_day", "DATE", "Day that the file holds; null for a feed, which holds many."),
        Column("is_final", "BOOLEAN", "Daily table or feed, as opposed to intraday or fresh.", True),
        Column("rows_read", "BIGINT", "Rows in the file.", True),
        Column("events", "BIGINT", "Rows accepted.", True),
        Column("duplicates", "BIGINT", "Rows equal to an earlier one of the same day.", True),
        Column("quarantined", "BIGINT", "Rows that cannot be events, kept in quarantine.", True),
        Column("excluded", "BIGINT", "Rows that the setting `exclude` left out.", True),
        Column("content_hash", "VARCHAR", "SHA-256 of the file.", True),
        Column("loaded_at", "TIMESTAMP", "When it was loaded, UTC.", True),
        Column("file_state", "VARCHAR", "What its store told of it: size and times, or version.", True),
        Column("read_with", "VARCHAR", "Fingerprint of what decides how its rows are read.", True),
    ),
    example="SELECT export_day, sum(rows_read) AS rows_read, sum(events) AS events FROM loads GROUP BY ALL ORDER"
    " BY ALL",
)

QUARANTINE = Table(
    "quarantine",
    "One row per row of a file that cannot be an event.",
    ("source_file", "row_number"),
    (
        Column("source_file", "VARCHAR", "File that the row stands in.", True, references="loads.source_file"),
        Column("row_number", "BIGINT", "Row in the file, from 1; the header of a CSV file is none.", True),
        Column(
            "reason",
            "VARCHAR",
            "What keeps it from being an event.",
            True,
            ("no event_timestamp", "no event_name", "far from the export day", "does not parse", *OF_FEEDS),
        ),
        Column("content", "JSON", "The row as it came (a text, where it does not parse)."),
        Column("export_day", "DATE", "Day of the file; null for a feed, which holds many."),
    ),
    example="SELECT reason, count(*) AS rejected FROM quarantine GROUP BY ALL",
)

DEVICES = Table(
    "devices",
    "One row per device that was followed.",
    ("device_id",),
    (
        Column("device_id", "VARCHAR", "user_pseudo_id (with its stream where several are loaded).", True),
        Column("person_id", "VARCHAR", "u: and the last user_id seen on it, else d: and device_id.", True),
    ),
    example="SELECT person_id, count(*) AS device_count FROM devices GROUP BY ALL HAVING count(*) > 1 ORDER BY ALL",
)
