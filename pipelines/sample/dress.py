"""Look up what a hit says of its page, its visit and its person: plain columns, which `export.py` nests."""

from typing import Final

import numpy as np
import polars as pl

from pipelines.sample.events import EVENT_NAMES, MOMENTS, has_event
from pipelines.sample.people import DEVICES_PER_PERSON, People
from pipelines.sample.process import CHANNELS, DIRECT
from pipelines.sample.shop import (
    ACTIONS,
    CATEGORIES,
    CODES,
    HAS_PAGE,
    HOST,
    PAYMENT_HOST,
    PRODUCTS_PER_CATEGORY,
)
from pipelines.sample.traps import WRONG_CLOCK, is_stray
from pipelines.sample.walk import REVENUE_GAPS

NO_GROUP_SHARE: Final = 0.2
OWN_SOURCE_SHARE: Final = 0.03
LOST_SOURCE_SHARE: Final = 0.05
NO_BATCH_SHARE: Final = 0.1
SEARCHES: Final = ("lampe", "regnjakke", "gryde", "telt", "puslespil", "kogebog")
PAYMENT_TYPES: Final = ("Dankort", "MobilePay", "Klarna", "Vipps", "Swish")
SCORES: Final = (10, 9, 9, 10, 8, 8, 7, 7, 6, 5, 3, 0, 9, 10, 8, 10)


def dress_hits(hits: pl.DataFrame, actions: pl.DataFrame, people: People) -> pl.DataFrame:
    """Give each hit the columns of its action, page, visit, order and person.

    Args:
        hits: rows of some files, from `send_hits`, with `luck` (0 to 1, a row's own).
        actions: one row per action, from `mark_visits`.
        people: who did it.

    Returns:
        One row per hit, in its order.
    """
    rows = pl.concat([hits, actions[hits["row"]].drop("row")], how="horizontal")
    rows = rows.with_columns(*_persons(people, rows), *_channels()).with_columns(*_page())
    rows = rows.with_columns(*_visit(), *_order())
    return rows.with_columns(*_sources())


def _lookup(name: str, values: list[str | None]) -> pl.Expr:
    """Replace the codes of a column by their words; a code below 0 has none."""
    words = pl.lit(pl.Series(values, dtype=pl.String))
    code = pl.col(name)
    return words.gather(pl.when(code >= 0).then(code))


def _persons(people: People, rows: pl.DataFrame) -> list[pl.Series]:
    person, device = rows["person"].to_numpy(), rows["device"].to_numpy()
    number = people.first + person
    return [
        pl.Series("person", number),
        pl.Series("is_followed", ~people.is_denied[person]),
        pl.Series("model", people.model[person, device]),
        pl.Series("place", people.place[person]),
        pl.Series("device_number", number * DEVICES_PER_PERSON + device),
    ]


def _of_channel(code: str, word: str) -> pl.Expr:
    return _lookup(code, [getattr(channel, word) for channel in CHANNELS])


def _channels() -> list[pl.Expr]:
    said = ("source", "medium", "campaign")
    return [
        *(_of_channel("first_channel", word).alias(f"first_{word}") for word in said),
        *(_of_channel("channel", word).alias(word) for word in (*said, "click_id", "group")),
        pl.when(pl.col("action").is_in(np.flatnonzero(HAS_PAGE).tolist()))
        .then("action")
        .otherwise("came_from")
        .alias("page"),
    ]


def _address(page: str, product: str) -> pl.Expr:
    """Write the address of a page code and the product that is looked at there."""
    category = pl.lit(pl.Series(CATEGORIES)).gather(pl.col(product) // PRODUCTS_PER_CATEGORY)
    path = _lookup(page, [action.path for action in ACTIONS])
    path = path.str.replace("{category}", category, literal=True)
    path = path.str.replace("{product}", pl.format("{}-{}", category, product), literal=True)
    return pl.concat_str(pl.lit(f"https://{HOST}"), path)


def _page() -> list[pl.Expr]:
    term = pl.col("product") // PRODUCTS_PER_CATEGORY
    return [
        pl.lit(pl.Series(SEARCHES)).gather(term).alias("search_term"),
        pl.lit(pl.Series(PAYMENT_TYPES)).gather(pl.col("person") % len(PAYMENT_TYPES)).alias("payment_type"),
        pl.lit(pl.Series(SCORES)).gather((pl.col("person") + pl.col("visit")) % len(SCORES)).alias("score"),
        _lookup("page", [action.title for action in ACTIONS]).alias("page_title"),
    ]


def _visit() -> list[pl.Expr]:
    """Say what belongs to the whole visit, and null what a server-side refund does not have."""
    is_served = pl.col("action") == CODES["refund"]
    number = pl.col("visit") * 7_919 + 1_000_003
    click = pl.when(pl.col("is_landing")).then(pl.format("Cj0KCQjw{}BhD{}", number, "visit"))
    at_end = pl.col("moment") == MOMENTS["end"]
    arrives = pl.col("is_landing") & (pl.col("moment") == MOMENTS["start"])
    search = pl.when(pl.col("page") == CODES["search"]).then(pl.concat_str(pl.lit("?q="), "search_term"))
    tagged = pl.col("is_landing") & pl.col("click_id").is_not_null()
    has_batch = pl.col("visit_luck") >= NO_BATCH_SHARE
    tag = pl.when(tagged).then(pl.format("?{}={}", "click_id", click))
    return [
        pl.when(~is_served).then("session_at").alias("session_at"),
        pl.concat_str(_address("page", "product"), pl.coalesce(search, tag, pl.lit(""))).alias("page_location"),
        pl.when(arrives & (pl.col("click_id") == "gclid")).then(click).alias("gclid"),
        pl.when(arrives & (pl.col("click_id") == "dclid")).then(click).alias("dclid"),
        pl.when(at_end).then(pl.col("span") * 7 // 10_000).alias("engagement_msec"),
        pl.when(has_batch).then(pl.col("started_at") // 1_000).alias("batch_page_id"),
        (pl.col("visit_luck") >= NO_GROUP_SHARE).alias("has_group"),
        arrives.alias("arrives"),
        _referrer().alias("page_referrer"),
    ]


def _referrer() -> pl.Expr:
    """Say where a page was reached from: the site before, the page before, or the payment provider."""
    is_paid = pl.col("action") == CODES["purchase"]
    host = pl.concat_str(pl.lit("https://"), "source", pl.lit("/"))
    has_host = pl.col("source").str.contains(".", literal=True)
    return (
        pl.when(is_paid)
        .then(pl.lit(f"https://{PAYMENT_HOST}/"))
        .when(pl.col("is_landing") & has_host)
        .then(host)
        .when(pl.col("source") == "google", pl.col("is_landing"))
        .then(pl.lit("https://www.google.com/"))
        .when(~pl.col("is_landing"))
        .then(_address("came_from", "product_before"))
    )


def _order() -> list[pl.Expr]:
    """Write the order as exported: a number, `(not set)`, a revenue, none, or NaN."""
    buys = has_event("purchase")
    refunds = has_event("refund")
    number = pl.format("FL{}", pl.col("order") + 100_000)
    order = pl.when(pl.col("order") < 0).then(pl.lit("(not set)")).otherwise(number)
    money, gap = pl.col("paid") / 100, pl.col("revenue_gap")
    is_nan, is_given = gap == REVENUE_GAPS["nan"], gap == REVENUE_GAPS["given"]
    revenue = pl.when(is_nan).then(float("nan")).when(is_given).then(money)
    return [
        pl.when(buys | refunds).then(order).alias("transaction_id"),
        pl.when(buys).then(revenue).alias("revenue"),
        pl.when(refunds).then(money).alias("refund"),
    ]


def _sources() -> list[pl.Expr]:
    """Say which source an event itself names: that of the arrival, or a wrong one.

    The payment provider is named only where it cannot pass for the visit's own source: the visit has one
    before it, or its channel group is exported.
    """
    starts = pl.col("moment") == MOMENTS["start"]
    can_tell = pl.col("has_group") | (pl.col("channel") != DIRECT)
    paid = starts & (pl.col("action") == CODES["purchase"]) & can_tell
    # The site's host can be told from others only where the address of the page names it.
    is_free = (pl.col("page") >= 0) & (pl.col("source").is_null() | ~pl.col("is_landing"))
    own = starts & (pl.col("luck") < OWN_SOURCE_SHARE) & is_free
    names = {"sent_source": "source", "sent_medium": "medium", "sent_campaign": "campaign"}
    wrong = {"sent_source": (PAYMENT_HOST, HOST), "sent_medium": ("referral", "referral")}
    return [
        pl.when(paid)
        .then(pl.lit(wrong.get(name, ("(referral)", ""))[0]))
        .when(own)
        .then(pl.lit(wrong.get(name, ("", "(referral)"))[1]))
        .when(pl.col("arrives") & (pl.col("source") != "(direct)"))
        .then(pl.col(word))
        .alias(name)
        for name, word in names.items()
    ]


def lost_source() -> pl.Expr:
    """Say whether a late hit of its batch came without the session's traffic source."""
    return (pl.col("moment") == MOMENTS["end"]) & (pl.col("luck") < LOST_SOURCE_SHARE)


def event_name() -> pl.Expr:
    """Write the name of the event, which a stray may lack."""
    return pl.when(~is_stray("no event_name")).then(pl.lit(pl.Series(EVENT_NAMES)).gather(pl.col("name")))


def event_timestamp() -> pl.Expr:
    """Write the time of the event, UTC microseconds, which a stray may lack or have from a wrong clock."""
    wrong = pl.when(is_stray("far from the export day")).then(WRONG_CLOCK).otherwise(0)
    return pl.when(~is_stray("no event_timestamp")).then(pl.col("occurred_at") - wrong)
