"""The lists of sites that ship: what they name, what they leave alone, and that each name can take effect."""

import re
from itertools import pairwise

import polars as pl
import pytest
import yaml

from models.channels import KINDS, SHIPPED_SITES, default_channel_group, read_sites

CHANNELS = {kind: f"Organic {kind.title()}" for kind in KINDS} | {"ai": "AI Assistant"}
TEXT = SHIPPED_SITES.read_text(encoding="utf-8")
LISTS: dict[str, list[str]] = yaml.safe_load(TEXT)


def channels(*sources: str) -> dict[str, str]:
    """The channel of a referral from each source."""
    frame = pl.DataFrame({"source": sources}).with_columns(
        pl.lit("referral").alias("medium"),
        pl.lit(None, pl.String).alias("campaign"),
        pl.lit(None, pl.String).alias("click_id"),
    )
    return dict(zip(sources, frame.select(default_channel_group(read_sites({}))).to_series(), strict=True))


@pytest.mark.parametrize(
    ("kind", "sources"),
    [
        ("search", "krak.dk www.degulesider.dk 1881.no www.gulesider.no hitta.se eniro.se fonecta.fi ja.is"),
        (
            "search",
            "dk.search.yahoo.com malaysia.search.yahoo.com lens.google.com cn.bing.com wap.sogou.com excite.com",
        ),
        ("social", "www.heste-nettet.dk amino.dk kvinneguiden.no anna.blogg.no suomi24.fi irc-galleria.net hugi.is"),
        ("social", "www.flashback.org familjeliv.se pinterest.se lm.facebook.com web.skype.com away.vk.com line.me"),
        ("social", "wordpress.com fandom.com goodreads bit.ly stackexchange.com cafe.naver.com Hatena medium.com"),
        ("video", "tv.nrk.no play.tv2.dk svtplay.se areena.yle.fi viaplay.se music.youtube.com player.vimeo.com"),
        ("shopping", "pricerunner.dk prisjakt.no dba.dk tise.com tradera.com hintaopas.fi tori.fi bland.is vaktin.is"),
        ("shopping", "google_shopping se.shopping.net ebay.com.au IGShopping mercadolibre.com.ar one.walmart.com"),
        ("ai", "chatgpt.com chat.openai.com www.perplexity.ai gemini.google.com copilot.microsoft.com claude.ai"),
        ("ai", "copilot.com grok.com chat.deepseek.com chat.mistral.ai meta.ai you.com poe.com phind.com kimi.com"),
    ],
)
def test_a_referral_from_a_listed_site_has_its_channel(kind: str, sources: str) -> None:
    assert channels(*sources.split()) == dict.fromkeys(sources.split(), CHANNELS[kind])


@pytest.mark.parametrize(
    ("what", "hosts"),
    [
        ("news", "dr.dk politiken.dk vg.no nrk.no www.aftonbladet.se yle.fi hs.fi mbl.is cnn.com rtl.de"),
        (
            "payment",
            "checkout.stripe.com pay.klarna.com paypal.com mobilepay.dk vipps.no quickpay.net checkout.shopify.com",
        ),
        ("webmail", "mail.google.com mail.yahoo.com outlook.live.com mail.aol.com mail.yandex.ru navigator.web.de"),
        (
            "a name within another",
            "facebookblog.dk googletips.wordpress.com mybing.no metafilter.com threadless.com ted.dk",
        ),
        ("a name before another", "facebook.example.dk youtube.com.example.se x.dk meta-media.no t.com amazon.a.dk"),
        ("a word or another's name", "lyst.dk zalo.no kakao.dk line heureka.fi gemini.com bard.edu brave.dk sesam.dk"),
        ("a first name or a word", "alice lauritz rumble.no toolbox.dk foodservice.dk secondlife.dk spray.se ciao.dk"),
        ("other services", "docs.google.com partner-ads.com awin1.com s3.amazonaws.com webmaster.yandex.ru"),
    ],
)
def test_a_referral_from_elsewhere_stays_a_referral(what: str, hosts: str) -> None:
    assert channels(*hosts.split()) == dict.fromkeys(hosts.split(), "Referral"), what


@pytest.mark.parametrize("kind", KINDS)
def test_each_listed_site_is_tidy_and_listed_once(kind: str) -> None:
    names = LISTS[kind]
    assert frozenset(names) == getattr(read_sites({}), kind)  # Lower case, no www., no path.
    assert sorted(set(names)) == sorted(names)
    covered = [n for n in names if any(n.endswith(f".{other}") for other in names if "." in other)]
    assert covered == []


@pytest.mark.parametrize("kind", KINDS)
def test_each_listed_site_takes_effect_in_its_kind(kind: str) -> None:
    assert {s: c for s, c in channels(*LISTS[kind]).items() if c != CHANNELS[kind]} == {}


def test_the_names_of_a_group_are_alphabetical() -> None:
    groups = re.split(r"^(?:\w+: \[|\]| *#.*)$", TEXT, flags=re.MULTILINE)
    for group in groups:
        names = [name.strip() for name in group.split(",") if name.strip()]
        assert [pair for pair in pairwise(names) if pair[0] >= pair[1]] == []
