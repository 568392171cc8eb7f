"""The default channel group by the rules in ga4-export.md, one `if` a rule."""

import re
from collections.abc import Callable, Mapping
from functools import cache

import polars as pl

from models.channels import default_channel_group, read_sites

Sites = Mapping[str, frozenset[str]]
ChannelOf = Callable[[str | None, str | None, str | None, str | None], str]

PAID = re.compile(r"^(.*cp.*|ppc|retargeting|paid.*)$")
SHOP = re.compile(r"^(.*(([^a-df-z]|^)shop|shopping).*)$")
EMAIL = re.compile(r"email|e-mail|e_mail|e mail")
SOCIAL_MEDIA = {"social", "social-network", "social-media", "sm", "social network", "social media"}
OF_CLICK_ID = {
    **dict.fromkeys(("gclid", "wbraid", "gbraid", "msclkid"), "Paid Search"),
    "dclid": "Display",
    "fbclid": "Organic Social",
}
FEW_SITES: Sites = {
    "search": frozenset(
        [
            "google",
            "bing",
            "yahoo",
            "baidu",
            "duckduckgo",
            "yandex",
            "ecosia",
            "ask",
            "aol",
            "naver",
            "daum",
            "seznam",
            "sogou",
            "so.com",
            "google.com",
            "bing.com",
            "yahoo.com",
            "baidu.com",
            "duckduckgo.com",
            "ecosia.org",
        ]
    ),
    "social": frozenset(
        [
            "facebook",
            "instagram",
            "twitter",
            "linkedin",
            "reddit",
            "pinterest",
            "tiktok",
            "quora",
            "facebook.com",
            "m.facebook.com",
            "l.facebook.com",
            "lm.facebook.com",
            "instagram.com",
            "l.instagram.com",
            "twitter.com",
            "t.co",
            "linkedin.com",
            "reddit.com",
            "pinterest.com",
            "quora.com",
            "vk.com",
        ]
    ),
    "video": frozenset(["youtube", "youtube.com", "m.youtube.com", "vimeo", "vimeo.com", "twitch.tv", "netflix"]),
    "shopping": frozenset(
        [
            "amazon",
            "amazon.com",
            "ebay",
            "ebay.com",
            "etsy",
            "etsy.com",
            "alibaba.com",
            "shopify",
            "shopify.com",
        ]
    ),
    "ai": frozenset(["chatgpt.com", "openai.com", "perplexity.ai", "perplexity", "claude.ai", "gemini.google.com"]),
}


def channel_by(sites: Sites = FEW_SITES) -> ChannelOf:
    """A function of source, medium, campaign and click id that gives the channel."""
    return lambda source, medium, campaign, click_id: channel(source, medium, campaign, click_id, sites)


def channel_of_product() -> ChannelOf:
    """The product's own naming of channels with its site lists, for a comparison of all the rest."""
    naming = default_channel_group(read_sites({}))
    names = ("source", "medium", "campaign", "click_id")

    @cache
    def channel_of(*values: str | None) -> str:
        row = dict(zip(names, values, strict=True))
        return str(pl.DataFrame([row], dict.fromkeys(names, pl.String)).select(naming).item())

    return channel_of


def channel(
    source: str | None,
    medium: str | None,
    campaign: str | None,
    click_id: str | None,
    sites: Sites = FEW_SITES,
) -> str:
    """The first rule that holds, compared in lower case."""
    if source is None and medium is None and click_id is not None:
        return OF_CLICK_ID[click_id]
    s, m, c = (source or "").lower(), (medium or "").lower(), (campaign or "").lower()
    if (source is None or s == "(direct)") and (medium is None or m in ("(not set)", "(none)")):
        return "Direct"
    if "cross-network" in c:
        return "Cross-network"
    if m == "ai-assistant" or s in sites["ai"]:
        return "AI Assistant"
    return (paid(s, m, c, sites) if PAID.match(m) or m in DISPLAY else None) or unpaid(s, m, c, sites)


DISPLAY = {"display", "banner", "expandable", "interstitial", "cpm"}


def paid(s: str, m: str, c: str, sites: Sites) -> str:
    """Rules 4 to 9."""
    if PAID.match(m):
        if s in sites["shopping"] or SHOP.match(c):
            return "Paid Shopping"
        for kind in ("search", "social", "video"):
            if s in sites[kind]:
                return f"Paid {kind.title()}"
    return "Display" if m in DISPLAY else "Paid Other"


def unpaid(s: str, m: str, c: str, sites: Sites) -> str:
    """Rules 10 to 20."""
    rules = (
        ("Organic Shopping", s in sites["shopping"] or SHOP.match(c)),
        ("Organic Social", s in sites["social"] or m in SOCIAL_MEDIA),
        ("Organic Video", s in sites["video"] or "video" in m),
        ("Organic Search", s in sites["search"] or m == "organic"),
        ("Email", EMAIL.search(s) or EMAIL.search(m)),
        ("Affiliates", m == "affiliate"),
        ("Referral", m in ("referral", "app", "link")),
        ("Audio", m == "audio"),
        ("SMS", "sms" in (s, m)),
        ("Mobile Push", m.endswith("push") or "mobile" in m or "notification" in m or s == "firebase"),
    )
    return next((name for name, holds in rules if holds), "Unassigned")
