import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.channels import Sites, SitesError, default_channel_group, read_sites, site_pattern

SITES = read_sites({})
RULES = {
    "Direct",
    "Cross-network",
    "AI Assistant",
    "Paid Shopping",
    "Paid Search",
    "Paid Social",
    "Paid Video",
    "Display",
    "Paid Other",
    "Organic Shopping",
    "Organic Social",
    "Organic Video",
    "Organic Search",
    "Email",
    "Affiliates",
    "Referral",
    "Audio",
    "SMS",
    "Mobile Push",
    "Unassigned",
}


def channel(
    source: str | None = None,
    medium: str | None = None,
    campaign: str | None = None,
    click_id: str | None = None,
    sites: Sites = SITES,
) -> str:
    row = {"source": source, "medium": medium, "campaign": campaign, "click_id": click_id}
    frame = pl.DataFrame([row], schema=dict.fromkeys(row, pl.String))
    return str(frame.select(default_channel_group(sites)).item())


def is_site(source: str, *sites: str) -> bool:
    return bool(pl.select(pl.lit(source).str.contains(site_pattern(sites))).item())


@pytest.mark.parametrize("source", ["(direct)", None, "", "(Direct)"])
@pytest.mark.parametrize("medium", ["(none)", "(not set)", None, ""])
def test_no_source_and_no_medium_is_direct(source: str | None, medium: str | None) -> None:
    assert channel(source, medium) == "Direct"
    assert channel(source, medium, "summer shop cross-network") == "Direct"


def test_a_direct_source_with_a_medium_of_its_own_is_not_direct() -> None:
    assert channel("(direct)", "organic") == "Organic Search"
    assert channel(None, "cpc") == "Paid Other"
    assert channel(None, "x") == "Unassigned"


def test_a_cross_network_campaign_is_cross_network_wherever_it_ran() -> None:
    assert channel("google", "cpc", "Cross-network") == "Cross-network"
    assert channel("chatgpt.com", "ai-assistant", "my cross-network shopping") == "Cross-network"


@pytest.mark.parametrize(
    ("source", "medium"),
    [
        ("chatgpt.com", "referral"),
        ("claude", None),
        ("x", "ai-assistant"),
        ("gemini.google.com", "referral"),
        ("www.perplexity.ai", "(not set)"),
        ("chatgpt.com", "cpc"),
        ("copilot.microsoft.com", "referral"),
    ],
)
def test_an_assistant_is_ai_assistant_even_where_paid(source: str, medium: str | None) -> None:
    assert channel(source, medium) == "AI Assistant"


def test_a_paid_visit_from_a_shopping_site_is_paid_shopping() -> None:
    assert channel("pricerunner", "cpc") == "Paid Shopping"
    assert channel("www.pricerunner.dk", "ppc") == "Paid Shopping"
    assert channel("finn.no", "paid-listing") == "Paid Shopping"


@pytest.mark.parametrize("source", ["facebook", "google", "youtube", "somewhere", None])
def test_a_paid_visit_of_a_shopping_campaign_is_paid_shopping_whatever_the_site(source: str | None) -> None:
    assert channel(source, "cpc", "Spring Shopping 2026") == "Paid Shopping"


@pytest.mark.parametrize(
    ("campaign", "is_shop"),
    [
        ("shop", True),
        ("e-shop", True),
        ("eshop", True),
        ("web_shopping", True),
        ("workshop", False),
        ("SHOP now", True),
        ("shopping", True),
        ("bishop", False),
        ("barbershopping", True),
        ("sho", False),
    ],
)
def test_a_campaign_is_a_shopping_campaign_where_shop_begins_a_word(campaign: str, is_shop: bool) -> None:
    assert channel("google", "cpc", campaign) == ("Paid Shopping" if is_shop else "Paid Search")
    assert channel("google", "organic", campaign) == ("Organic Shopping" if is_shop else "Organic Search")


@pytest.mark.parametrize("medium", ["cpc", "CPC", "ppc", "retargeting", "paid", "paidsearch", "cpm", "cpv", "xcpcx"])
def test_each_paid_medium_is_paid(medium: str) -> None:
    assert channel("google", medium) == "Paid Search"
    assert channel("facebook", medium) == "Paid Social"
    assert channel("youtube.com", medium) == "Paid Video"


@pytest.mark.parametrize("medium", ["unpaid", "retargeting2", "appc", "cost"])
def test_a_medium_that_only_resembles_a_paid_one_is_not_paid(medium: str) -> None:
    assert channel("google", medium) == "Organic Search"


@pytest.mark.parametrize("medium", ["display", "banner", "expandable", "interstitial", "cpm", "Display"])
def test_a_display_medium_is_display_even_on_a_search_site(medium: str) -> None:
    assert channel("somewhere", medium) == "Display"
    assert channel("google", "display") == "Display"


def test_a_paid_visit_from_an_unlisted_site_is_paid_other() -> None:
    assert channel("somewhere", "cpc") == "Paid Other"
    assert channel("(data deleted)", "cpc") == "Paid Other"


def test_an_unpaid_visit_from_a_shopping_site_is_organic_shopping() -> None:
    assert channel("prisjakt.nu", "referral") == "Organic Shopping"
    assert channel("amazon", None) == "Organic Shopping"


@pytest.mark.parametrize("medium", ["social", "social-network", "social-media", "sm", "social network", "social media"])
def test_a_social_medium_is_organic_social(medium: str) -> None:
    assert channel("somewhere", medium) == "Organic Social"
    assert channel("google", medium) == "Organic Social"


@pytest.mark.parametrize(
    "source",
    ["l.facebook.com", "m.facebook.com", "t.co", "lnkd.in", "ig", "linkedin.com", "old.reddit.com", "FB"],
)
def test_a_social_site_is_organic_social(source: str) -> None:
    assert channel(source, "referral") == "Organic Social"


def test_a_video_site_or_medium_is_organic_video() -> None:
    assert channel("m.youtube.com", "referral") == "Organic Video"
    assert channel("somewhere", "in-video") == "Organic Video"


@pytest.mark.parametrize(
    "source",
    [
        "google",
        "www.google.dk",
        "bing.com",
        "nl.search.yahoo.com",
        "m.baidu.com",
        "yandex.ru",
        "ecosia.org",
        "eniro.se",
        "kvasir.no",
        "duckduckgo",
        "so.m.sm.cn",
    ],
)
def test_a_search_site_is_organic_search_whatever_the_medium(source: str) -> None:
    assert channel(source, "organic") == "Organic Search"
    assert channel(source, "referral") == "Organic Search"


def test_an_organic_medium_is_organic_search_on_any_site() -> None:
    assert channel("somewhere", "organic") == "Organic Search"
    assert channel("<Other>", "organic") == "Organic Search"


@pytest.mark.parametrize("name", ["email", "e-mail", "e_mail", "e mail", "Email"])
def test_email_may_be_told_by_source_or_medium(name: str) -> None:
    assert channel("Newsletter_January_2021", name) == "Email"
    assert channel(name, "x") == "Email"


@pytest.mark.parametrize(
    ("source", "medium", "expected"),
    [
        ("Partners", "affiliate", "Affiliates"),
        ("coursera.org", "referral", "Referral"),
        ("x.dk", "app", "Referral"),
        ("x.dk", "link", "Referral"),
        ("podme", "audio", "Audio"),
        ("sms", None, "SMS"),
        ("x.dk", "sms", "SMS"),
        ("x.dk", "web-push", "Mobile Push"),
        ("x.dk", "mobile-ad", "Mobile Push"),
        ("x.dk", "notifications", "Mobile Push"),
        ("firebase", None, "Mobile Push"),
        ("x.dk", "pushed", "Unassigned"),
    ],
)
def test_the_later_rules_go_by_medium_or_source(source: str, medium: str | None, expected: str) -> None:
    assert channel(source, medium) == expected


@pytest.mark.parametrize("source", ["(data deleted)", "<Other>", "(not set)"])
def test_a_source_that_is_withheld_is_unassigned_unless_the_medium_decides(source: str) -> None:
    for medium in (source, None, "(none)", "(not set)"):
        assert channel(source, medium) == "Unassigned"
    assert channel(source, "referral") == "Referral"


CLICKS = {
    "gclid": "Paid Search",
    "wbraid": "Paid Search",
    "gbraid": "Paid Search",
    "msclkid": "Paid Search",
    "dclid": "Display",
    "fbclid": "Organic Social",
}


@pytest.mark.parametrize(("click_id", "expected"), CLICKS.items())
def test_a_click_id_decides_where_source_and_medium_are_missing(click_id: str, expected: str) -> None:
    assert channel(click_id=click_id) == expected
    assert channel("(direct)", "(none)", click_id=click_id) == expected
    assert channel("coursera.org", "referral", click_id=click_id) == "Referral"
    assert channel(None, "organic", click_id=click_id) == "Organic Search"


def test_an_unknown_click_id_decides_nothing() -> None:
    assert channel(click_id="xclid") == "Direct"


@pytest.mark.parametrize(
    "source", ["google", "google.dk", "www.google.co.uk", "google.com.br", "m.google.com", "images.google.de"]
)
def test_a_bare_name_is_its_site_under_any_top_level_domain(source: str) -> None:
    assert is_site(source, "google")


@pytest.mark.parametrize(
    "source",
    [
        "notgoogle.com",
        "cygoogle",
        "google.evil.com",
        "google.com.evil.net",
        "mail.google.com",
        "googles",
        "analytics.google.com",
        "google-ads",
        "my-google.com",
        "google.",
        "evil.com/google.com",
        "",
    ],
)
def test_a_bare_name_is_no_other_site(source: str) -> None:
    assert not is_site(source, "google")


def test_a_domain_is_itself_and_its_subdomains() -> None:
    assert [is_site(s, "dba.dk") for s in ("dba.dk", "www.dba.dk", "a.b.dba.dk")] == [True] * 3
    assert [is_site(s, "dba.dk") for s in ("xdba.dk", "dba.dk.com", "dba", "dbaxdk")] == [False] * 4


def test_a_bare_name_of_three_letters_is_no_site_under_every_domain() -> None:
    assert is_site("ig", "ig")
    assert not is_site("ig.com", "ig")


def test_no_sites_match_nothing() -> None:
    assert not is_site("")
    assert not is_site("google")


def test_a_source_may_be_a_whole_address() -> None:
    assert channel("https://www.google.com:443/search?q=x", "referral") == "Organic Search"
    assert channel("google.com.", "referral") == "Organic Search"


def test_a_service_of_a_search_company_is_a_referral() -> None:
    for source in ("analytics.google.com", "mail.google.com", "docs.google.com", "google.qwiklabs.com"):
        assert channel(source, "referral") == "Referral"


def test_further_sites_come_from_the_settings() -> None:
    sites = read_sites({"shopping": ["https://www.Billigst.dk/"], "search": ("minsoeger",)})
    assert channel("billigst.dk", "cpc", sites=sites) == "Paid Shopping"
    assert channel("www.minsoeger.no", "referral", sites=sites) == "Organic Search"
    assert channel("billigst.dk", "cpc") == "Paid Other"


def test_an_unknown_kind_of_site_is_refused() -> None:
    with pytest.raises(SitesError, match="unknown kind 'sociale'; did you mean 'social'"):
        read_sites({"sociale": ["x.dk"]})


@pytest.mark.parametrize("site", ["", " ", "https://"])
def test_a_blank_site_is_refused(site: str) -> None:
    with pytest.raises(SitesError, match="such as kelkoo"):
        read_sites({"social": [site]})


TEXTS = st.one_of(st.none(), st.text(max_size=12), st.sampled_from(["google", "cpc", "(direct)", "shop", "email"]))


@given(TEXTS, TEXTS, TEXTS, TEXTS)
def test_every_row_has_one_of_the_twenty_channels(
    source: str | None, medium: str | None, campaign: str | None, click_id: str | None
) -> None:
    assert channel(source, medium, campaign, click_id) in RULES
