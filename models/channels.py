"""Source, medium and campaign -> channel, by the rules of GA4's default channel group; the sites are data."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import polars as pl
import yaml

from models.errors import UserError
from models.lifecycle.errors import suggestion

SHIPPED_SITES = Path(__file__).parent / "sites.yaml"
KINDS = ("search", "social", "video", "shopping", "ai")

OFFLINE = "Offline"
"""The channel of sessions that came by feeds alone."""

PAID = r"^(.*cp.*|ppc|retargeting|paid.*)$"
SHOP = r"^(.*(([^a-df-z]|^)shop|shopping).*)$"
EMAIL = r"email|e-mail|e_mail|e mail"
DISPLAY_MEDIA = ("display", "banner", "expandable", "interstitial", "cpm")
SOCIAL_MEDIA = ("social", "social-network", "social-media", "sm", "social network", "social media")
CLICK_CHANNELS = {
    "gclid": "Paid Search",
    "wbraid": "Paid Search",
    "gbraid": "Paid Search",
    "msclkid": "Paid Search",
    "dclid": "Display",
    "fbclid": "Organic Social",
}
AD_NETWORKS = {"gclid": "google", "wbraid": "google", "gbraid": "google", "msclkid": "bing"}
"""The source that a click id of search ads tells, whatever organic or referring site is named beside it."""
UNPAID_MEDIA = ("", "organic", "referral", "(none)", "(not set)")
"""Media that such a click id beats: those of visits that nobody paid for, and none at all."""

# What stands before a site's name without making it another service: www.google.dk, nl.search.yahoo.com.
FRONT = r"(?:(?:www|web|m|mobile|amp|l|lm|lite|out|search|images|[a-z]{2}|[a-z]{2}-[a-z]{2})\.)*"
TOP_LEVEL = r"\.(?:(?:com?|net?|org?|ac|gov|edu)\.)?[a-z]{2,24}"
SHORT = 3  # A bare name this short is no site's name under every top-level domain: ig.com is a broker.


class SitesError(UserError):
    """Site lists that cannot be used."""


@dataclass(frozen=True)
class Sites:
    """The sites of each kind: bare names and domains, in lower case."""

    search: frozenset[str]
    social: frozenset[str]
    video: frozenset[str]
    shopping: frozenset[str]
    ai: frozenset[str]


def read_sites(extra: Mapping[str, Sequence[str]]) -> Sites:
    """Merge the lists that ship with further sites, kind by kind.

    Args:
        extra: kind (search, social, video, shopping, ai) to bare names or domains; an address means its host.

    Raises:
        SitesError: if a kind is unknown or a site is blank; the message names it.

    >>> "pricerunner" in read_sites({"shopping": ["www.Billigst.dk"]}).shopping
    True
    >>> "billigst.dk" in read_sites({"shopping": ["www.Billigst.dk"]}).shopping
    True
    """
    for kind in extra:
        if kind not in KINDS:
            raise SitesError(f"setting 'sites' has unknown kind '{kind}'{suggestion(kind, KINDS)}")
    shipped = _shipped()
    return Sites(**{kind: shipped[kind] | _tidy(kind, extra.get(kind, ())) for kind in KINDS})


@cache
def _shipped() -> dict[str, frozenset[str]]:
    lists = yaml.safe_load(SHIPPED_SITES.read_text(encoding="utf-8"))
    return {kind: _tidy(kind, lists[kind]) for kind in KINDS}


def _tidy(kind: str, sites: Iterable[str]) -> frozenset[str]:
    tidied = {site: _host(site.strip().lower()).removeprefix("www.") for site in sites}
    for site, host in tidied.items():
        if not host:
            raise SitesError(f"setting 'sites.{kind}' has {site!r}; write a source or a host, such as kelkoo.dk")
    return frozenset(tidied.values())


def _host(address: str) -> str:
    return re.sub(r"^[a-z]+://|[/:?#].*$|\.$", "", re.sub(r"^[a-z]+://", "", address))


def site_pattern(sites: Iterable[str]) -> str:
    r"""The regex that a source in lower case meets when it is one of the sites.

    A domain stands for itself and its subdomains. A bare name stands for itself and for its site under any
    top-level domain, after nothing but www, a language and the like: google is www.google.dk, and is neither
    notgoogle.com, google.evil.com nor mail.google.com. A bare name of three letters or fewer is itself only.

    Args:
        sites: bare names and domains, in lower case; none of them matches nothing.

    >>> [bool(re.search(site_pattern(["t.co"]), source)) for source in ("t.co", "a.t.co", "not.co")]
    [True, True, False]
    """
    names = sorted(sites)
    domains = _any_of(name for name in names if "." in name)
    bare = _any_of(name for name in names if "." not in name)
    long = _any_of(name for name in names if "." not in name and len(name) > SHORT)
    return rf"^(?:(?:[^/]*\.)?{domains}|{bare}|{FRONT}{long}{TOP_LEVEL})$"


def _any_of(names: Iterable[str]) -> str:
    escaped = "|".join(pl.escape_regex(name) for name in names)
    return f"(?:{escaped})" if escaped else r"(?:[^\s\S])"


def default_channel_group(sites: Sites) -> pl.Expr:
    """The channel of a row: the first of the 20 rules that holds, in GA4's order; compared in lower case.

    A blank is null. Where there is no source (null or `(direct)`) and no medium, a click id decides; else the
    rules do, and a source that GA4 withholds, such as `(data deleted)`, is on no list: the medium decides, or
    the row is Unassigned. A source `(not set)` is not Direct, as its visit did have a source.

    Args:
        sites: which sources are search, social, video, shopping and AI sites.

    Returns:
        An expression over text columns `source`, `medium`, `campaign` and `click_id` (the name of the first
        click id set: gclid, wbraid, gbraid, msclkid, dclid, fbclid); never null, named `channel`.

    >>> row = {"source": "bing", "medium": "CPC", "campaign": None, "click_id": None}
    >>> schema = dict.fromkeys(row, pl.String)
    >>> pl.DataFrame([row], schema).select(default_channel_group(read_sites({}))).item()
    'Paid Search'
    """
    rules = [*_click_rules(), *_rules(sites)]
    return pl.coalesce(
        *(pl.when(holds).then(pl.lit(channel)) for channel, holds in rules),
        pl.lit("Unassigned"),
    ).alias("channel")


def _text(column: str) -> pl.Expr:
    return pl.col(column).str.to_lowercase().str.strip_chars().fill_null("")


def _is_direct() -> pl.Expr:
    return _text("source").is_in(["", "(direct)"]) & _text("medium").is_in(["", "(none)", "(not set)"])


def _click_rules() -> list[tuple[str, pl.Expr]]:
    click_id = _text("click_id")
    return [(channel, _is_direct() & (click_id == name)) for name, channel in CLICK_CHANNELS.items()]


def _rules(sites: Sites) -> list[tuple[str, pl.Expr]]:
    source, medium, campaign = _text("source"), _text("medium"), _text("campaign")
    host = source.str.replace(r"^[a-z]+://", "").str.replace(r"[/:?#].*$", "").str.strip_chars_end(".")
    search, social, video, shopping, ai = (host.str.contains(site_pattern(getattr(sites, kind))) for kind in KINDS)
    paid = medium.str.contains(PAID)
    shop = shopping | campaign.str.contains(SHOP)
    email = source.str.contains(EMAIL) | medium.str.contains(EMAIL)
    push = medium.str.ends_with("push") | medium.str.contains("mobile|notification") | (source == "firebase")
    return [
        ("Direct", _is_direct()),
        ("Cross-network", campaign.str.contains("cross-network", literal=True)),
        ("AI Assistant", (medium == "ai-assistant") | ai),
        ("Paid Shopping", shop & paid),
        ("Paid Search", search & paid),
        ("Paid Social", social & paid),
        ("Paid Video", video & paid),
        ("Display", medium.is_in(DISPLAY_MEDIA)),
        ("Paid Other", paid),
        ("Organic Shopping", shop),
        ("Organic Social", social | medium.is_in(SOCIAL_MEDIA)),
        ("Organic Video", video | medium.str.contains("video", literal=True)),
        ("Organic Search", search | (medium == "organic")),
        ("Email", email),
        ("Affiliates", medium == "affiliate"),
        ("Referral", medium.is_in(["referral", "app", "link"])),
        ("Audio", medium == "audio"),
        ("SMS", (source == "sms") | (medium == "sms")),
        ("Mobile Push", push),
    ]
