"""Write hits as rows of the GA4 export: every field of the published schema, in its order."""

from dataclasses import dataclass, field
from typing import Final

import polars as pl

from pipelines.sample.clock import SECOND
from pipelines.sample.dress import event_name, event_timestamp, lost_source
from pipelines.sample.goods import ecommerce, items, place_goods, value
from pipelines.sample.params import event_params
from pipelines.sample.people import MODELS, PLACES
from pipelines.sample.schema import Entry, column, entry, export_schema, list_column, record
from pipelines.sample.shop import HOST, USD_RATE

STREAM: Final = "4711000001"
LAST_CLICK: Final = "session_traffic_source_last_click"


def _columns() -> tuple[pl.Expr, ...]:
    return (*_times(), *_ids(), *_places(), *_sources(), ecommerce(), *_constants())


def _lists() -> dict[str, list[Entry]]:
    return {"event_params": event_params(), "items": items(), "user_properties": _user_properties()}


@dataclass(frozen=True)
class Export:
    """The form of an export row; made once a sample, for it takes longer to write down than to fill in.

    Attributes:
        days: YYYYMMDD of each day of the period.
    """

    days: list[str]
    columns: tuple[pl.Expr, ...] = field(default_factory=_columns)
    lists: dict[str, list[Entry]] = field(default_factory=_lists)

    def rows(self, hits: pl.DataFrame) -> pl.DataFrame:
        """Nest the columns of `dress_hits` into the export's records.

        Args:
            hits: one row per hit, of any files.

        Returns:
            One row per hit, in its order, with exactly the columns and types of the export schema.
        """
        hits = hits.with_columns(place_goods()).with_columns(value())
        date = pl.lit(pl.Series(self.days)).gather("file_day")
        made = hits.select(date.alias("event_date"), *self.columns)
        made = made.with_columns(list_column(hits, name, entries) for name, entries in self.lists.items())
        return made.select(pl.col(name).cast(kind) for name, kind in export_schema().items())


def _times() -> list[pl.Expr]:
    at = pl.col("occurred_at")
    return [
        event_timestamp().alias("event_timestamp"),
        pl.when(~pl.col("is_landing")).then(pl.col("session_at")).alias("event_previous_timestamp"),
        event_name().alias("event_name"),
        (pl.col("value") * USD_RATE).round(2).alias("event_value_in_usd"),
        ((at // SECOND) % 2_000_000_000 + pl.col("index")).alias("event_bundle_sequence_id"),
        (pl.col("person") % 900 * 1_000).alias("event_server_timestamp_offset"),
        pl.when(pl.col("batch_page_id").is_not_null()).then(pl.col("index")).alias("batch_event_index"),
        pl.when(pl.col("batch_page_id").is_not_null()).then(pl.col("moment") + 1).alias("batch_ordering_id"),
        pl.col("batch_page_id"),
    ]


def _ids() -> list[pl.Expr]:
    """Name the device and the person; who gave no consent has no id at all."""
    first = pl.col("first_at") // SECOND
    device = pl.format("{}.{}", pl.col("device_number") * 48_271 % 2_147_483_647 + 1_000_000_000, first)
    member = pl.format("M{}", pl.col("person") + 10_000)
    followed, signed_in = pl.col("is_followed"), pl.col("is_followed") & pl.col("is_signed_in")
    yes = pl.when(followed).then(pl.lit("Yes")).otherwise(pl.lit("No"))
    return [
        pl.when(followed).then(device).alias("user_pseudo_id"),
        pl.when(signed_in).then(member).alias("user_id"),
        followed.alias("is_active_user"),
        pl.when(followed).then("first_at").alias("user_first_touch_timestamp"),
        column("user_ltv", revenue=0.0, currency="USD"),
        column("privacy_info", analytics_storage=yes, ads_storage=yes, uses_transient_token="No"),
    ]


def _user_properties() -> list[Entry]:
    kind = entry("user_properties")
    value = kind.to_schema()["value"]  # type: ignore[attr-defined]
    level = record(value, string_value="member", set_timestamp_micros=pl.col("session_at"))
    signed_in = pl.col("is_followed") & pl.col("is_signed_in")
    return [Entry(signed_in, record(kind, key="customer_type", value=level))]


def _places() -> list[pl.Expr]:
    def of(name: str) -> pl.Expr:
        return pl.lit(pl.Series([getattr(place, name) for place in PLACES])).gather(pl.col("place"))

    def by(name: str) -> pl.Expr:
        return pl.lit(pl.Series([getattr(model, name) for model in MODELS])).gather(pl.col("model"))

    web = export_schema()["device"].to_schema()["web_info"]  # type: ignore[attr-defined]
    browser = {"browser": by("browser"), "browser_version": by("browser_version")}
    return [
        column(
            "device",
            category=by("category"),
            mobile_brand_name=by("brand"),
            mobile_model_name=by("model"),
            operating_system=by("system"),
            operating_system_version=by("system_version"),
            language=of("language"),
            is_limited_ad_tracking="No",
            web_info=record(web, hostname=HOST, **browser),
        ),
        column(
            "geo",
            continent=of("continent"),
            sub_continent=of("sub_continent"),
            country=of("country"),
            region=of("region"),
            city=of("city"),
            metro="(not set)",
        ),
    ]


def _sources() -> list[pl.Expr]:
    """Name the person's first source, the one this event collected, and that of the session."""
    words = ("source", "medium", "campaign")
    first = {word: pl.coalesce(f"first_{word}", pl.lit("(none)")) for word in words}
    collected = column(
        "collected_traffic_source",
        manual_source=pl.col("sent_source"),
        manual_medium=pl.col("sent_medium"),
        manual_campaign_name=pl.col("sent_campaign"),
        gclid=pl.col("gclid"),
        dclid=pl.col("dclid"),
    )
    has_any = pl.any_horizontal(pl.col("sent_source", "gclid", "dclid").is_not_null())
    return [
        column("traffic_source", name=first["campaign"], medium=first["medium"], source=first["source"]),
        pl.when(has_any).then(collected).alias("collected_traffic_source"),
        pl.when(pl.col("has_group") & ~lost_source()).then(_last_click()).alias(LAST_CLICK),
    ]


def _last_click() -> pl.Expr:
    kinds = export_schema()[LAST_CLICK].to_schema()  # type: ignore[attr-defined]
    named = {"source": pl.col("source"), "medium": pl.col("medium"), "campaign_name": pl.col("campaign")}
    is_ad = pl.col("click_id") == "gclid"
    ads = record(kinds["google_ads_campaign"], customer_id="111-222-3333", campaign_name=pl.col("campaign"))
    cross = record(
        kinds["cross_channel_campaign"],
        source=pl.coalesce("source", pl.lit("(direct)")),
        medium=pl.coalesce("medium", pl.lit("(none)")),
        campaign_name=pl.coalesce("campaign", pl.lit("(direct)")),
        default_channel_group=pl.col("group"),
        primary_channel_group=pl.col("group"),
    )
    manual = record(kinds["manual_campaign"], **named)
    return column(
        LAST_CLICK,
        manual_campaign=pl.when(pl.col("source").is_not_null()).then(manual),
        google_ads_campaign=pl.when(is_ad).then(ads),
        cross_channel_campaign=cross,
    )


def _constants() -> list[pl.Expr]:
    schema = export_schema()
    return [
        pl.lit(None, schema["app_info"]).alias("app_info"),
        pl.lit(STREAM).alias("stream_id"),
        pl.lit("WEB").alias("platform"),
        column("event_dimensions", hostname=HOST),
        pl.lit(None, schema["publisher"]).alias("publisher"),
    ]
