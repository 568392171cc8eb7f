"""The params of an event: keys and typed values, with the habits and mishaps of real tags."""

from typing import Final

import polars as pl

from pipelines.sample.events import MOMENTS, has_event
from pipelines.sample.goods import CART, ONE
from pipelines.sample.schema import Entry, entry, record
from pipelines.sample.shop import CURRENCY

TEXT_SESSION_SHARE: Final = 0.004
TEXT_NUMBER_SHARE: Final = 0.02
NULL_CLICK_SHARE: Final = 0.03


def event_params() -> list[Entry]:
    """List the params that a row may have, from the columns that `dress_hits` prepares."""
    return [*_session(), *_page(), *_arrival(), *_content(), *_shop()]


def _param(
    key: str,
    when: pl.Expr,
    text: pl.Expr | None = None,
    whole: pl.Expr | None = None,
    real: pl.Expr | None = None,
) -> Entry:
    kind = entry("event_params")
    assert isinstance(kind, pl.Struct)
    values = {"string_value": text, "int_value": whole, "double_value": real}
    value = record(kind.fields[1].dtype, **{name: one for name, one in values.items() if one is not None})  # type: ignore[arg-type]
    return Entry(when, record(kind, key=key, value=value))


def _is(*names: str) -> pl.Expr:
    return pl.any_horizontal(*(has_event(name) for name in names))


def _session() -> list[Entry]:
    """Session params; the id is text now and then, session_engaged text in every other event."""
    followed = pl.col("is_followed") & pl.col("session_at").is_not_null()
    number = pl.col("session_at") // 1_000_000
    is_text = pl.col("luck") < TEXT_SESSION_SHARE
    text = pl.format("s{}$o{}$g0$t{}$j60$l0$h0", number, pl.col("device_visit"), number)
    engaged = pl.lit(1, pl.Int64)
    at_start = pl.col("moment") == MOMENTS["start"]
    return [
        _param("ga_session_id", followed, pl.when(is_text).then(text), pl.when(~is_text).then(number)),
        _param("ga_session_number", followed, whole=pl.col("device_visit")),
        _param(
            "session_engaged",
            followed,
            pl.when(at_start).then(pl.lit("1")),
            pl.when(~at_start).then(engaged),
        ),
        _param("engaged_session_event", followed & at_start, whole=engaged),
    ]


def _page() -> list[Entry]:
    has_page = pl.col("page_location").is_not_null()
    return [
        _param("page_location", has_page, pl.col("page_location")),
        _param("page_title", has_page, pl.col("page_title")),
        _param("page_referrer", pl.col("page_referrer").is_not_null(), pl.col("page_referrer")),
        _param("entrances", has_event("page_view") & pl.col("is_landing"), whole=pl.lit(1)),
    ]


def _arrival() -> list[Entry]:
    has_source = pl.col("sent_source").is_not_null()
    null_click = pl.col("is_landing") & pl.col("click_id").is_null() & (pl.col("luck") < NULL_CLICK_SHARE)
    return [
        _param("source", has_source, pl.col("sent_source")),
        _param("medium", has_source, pl.col("sent_medium")),
        _param("campaign", has_source & pl.col("sent_campaign").is_not_null(), pl.col("sent_campaign")),
        _param("gclid", pl.col("gclid").is_not_null() | null_click, pl.col("gclid")),
        _param("dclid", pl.col("dclid").is_not_null(), pl.col("dclid")),
    ]


def _content() -> list[Entry]:
    """Engagement time, scores and what was searched, downloaded or shared; a number is text now and then."""
    is_text = pl.col("luck") > 1 - TEXT_NUMBER_SHARE
    time = pl.col("engagement_msec")
    score = pl.col("score")
    return [
        _param(
            "engagement_time_msec",
            time.is_not_null(),
            pl.when(is_text).then(time.cast(pl.String)),
            pl.when(~is_text).then(time),
        ),
        _param("percent_scrolled", has_event("scroll"), whole=pl.lit(90)),
        _param("search_term", _is("search", "view_search_results"), pl.col("search_term")),
        _param(
            "score",
            has_event("survey_answer"),
            pl.when(is_text).then(score.cast(pl.String)),
            pl.when(~is_text).then(score),
        ),
        _param("file_name", has_event("file_download"), pl.lit("/blog/guide.pdf")),
        _param("link_url", _is("click"), pl.lit("https://boligliv.example/")),
        _param("method", _is("login", "sign_up", "share"), pl.lit("email")),
    ]


def _shop() -> list[Entry]:
    commerce = _is(*ONE, *CART)
    return [
        _param("currency", commerce, pl.lit(CURRENCY)),
        _param("value", commerce & pl.col("value").is_not_null(), real=pl.col("value")),
        _param("transaction_id", pl.col("transaction_id").is_not_null(), pl.col("transaction_id")),
        _param("shipping_tier", has_event("add_shipping_info"), pl.lit("Pakkeshop")),
        _param("payment_type", has_event("add_payment_info"), pl.col("payment_type")),
    ]
