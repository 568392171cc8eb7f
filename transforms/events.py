"""The order of events, and whether an event names a traffic source of its own."""

from collections.abc import Sequence

import polars as pl

from models.channels import AD_NETWORKS, UNPAID_MEDIA
from models.ga4 import NATURAL_ORDER

TIES = ("batch_page_id", "batch_ordering_id", "batch_event_index")


def in_event_order(events: pl.DataFrame) -> pl.DataFrame:
    """Sort events by person, device and event order: time, batch (nulls first), GA4's natural order, name, content.

    The warehouse hands events over in this order already; this is for events that come from elsewhere. Events equal in
    all but content that came in exports of different days stand in the order of these days.

    Args:
        events: one row per event, with person_id, device_id, occurred_at and event_name; columns that only break
            ties may be absent.
    """
    ranked = events.with_columns(natural=natural_rank(pl.col("event_name")))
    order = ("person_id", "device_id", "occurred_at", *TIES, "natural", "event_name", "export_date", "content_rank")
    by = [name for name in order if name in ranked.columns]
    return ranked.sort(by, nulls_last=False, maintain_order=True).drop("natural")


def natural_rank(event_name: pl.Expr) -> pl.Expr:
    """Rank an event's name in the order in which GA4's events follow from one another; all others come last.

    >>> pl.select(natural_rank(pl.lit("first_visit"))).item()
    1
    """
    ranks = dict(zip(NATURAL_ORDER, range(len(NATURAL_ORDER)), strict=True))
    return event_name.replace_strict(ranks, default=len(ranks), return_dtype=pl.Int8)


def own_origin() -> dict[str, pl.Expr]:
    """What an event tells of where its visit comes from: own_source, own_medium and own_campaign.

    The click id of a search ad beats an organic or referring site, and a source that is none: GA4 exports such clicks
    as google / organic. The campaign stays that beside the source. All three are null where the event tells nothing.

    Returns:
        expressions over source, medium, campaign, click_id and has_source (see `names_source`).
    """
    network = pl.col("click_id").replace_strict(AD_NETWORKS, default=None, return_dtype=pl.String)
    medium = pl.col("medium").fill_null("").str.strip_chars().str.to_lowercase()
    is_ad = network.is_not_null() & (~pl.col("has_source") | medium.is_in(UNPAID_MEDIA))
    named = {name: pl.when("has_source").then(pl.col(name)) for name in ("source", "medium", "campaign")}
    return {
        "own_source": pl.when(is_ad).then(network).otherwise(named["source"]),
        "own_medium": pl.when(is_ad).then(pl.lit("cpc")).otherwise(named["medium"]),
        "own_campaign": named["campaign"],
    }


def names_source(ignored_referrers: Sequence[str]) -> pl.Expr:
    """Tell whether an event has a source of its own.

    Null, blank and (direct) are none; neither is the site itself (the host of page_location, a subdomain or a parent
    domain of it) nor an ignored referrer. Hosts are compared in lower case, without port, trailing dot and www.

    Args:
        ignored_referrers: hosts that are no source, such as a payment provider's.
    """
    text, address = pl.col("source").str.strip_chars().str.to_lowercase(), r"^[^:/?#]+://(?:[^/?#]*@)?([^/?#@]+)"
    host, page = _host(text), _host(pl.col("page_location").str.to_lowercase().str.extract(address))
    is_site = (host == page) | host.str.ends_with("." + page) | page.str.ends_with("." + host)
    ignored = pl.select(
        _host(pl.lit(pl.Series(ignored_referrers, dtype=pl.String).str.strip_chars().str.to_lowercase()))
    )
    is_ignored = host.is_in(ignored.to_series().implode())
    return (~text.is_in(["", "(direct)"]) & ~is_site.fill_null(False) & ~is_ignored).fill_null(False)


def _host(name: pl.Expr) -> pl.Expr:
    """A host in lower case as hosts are compared: without port, trailing dot and leading www."""
    return name.str.replace(r":\d*$", "").str.strip_suffix(".").str.strip_prefix("www.")
