"""The shared catalogue: its rules mean the same in Polars and DuckDB, and find the contact that they name."""

from datetime import date, datetime
from typing import Any

import duckdb
import polars as pl
import pytest

from models.lifecycle import RULE_COLUMNS, Lifecycle, Touchpoint, load_lifecycle
from models.lifecycle.loading import read_catalogue

CATALOGUE = [contact.in_phase("any") for contact in read_catalogue().values()]
PAGES = {
    "/": "home_page",
    "/index.html": "home_page",
    "/basket.html": "cart_page",
    "/kurv": "cart_page",
    "/da/handlekurv/": "cart_page",
    "/VARUKORG": "cart_page",
    "/checkout/cart/": "cart_page",
    "/cartoons": None,
    "/yourinfo.html": "checkout_start",
    "/checkout/": "checkout_start",
    "/checkout/shipping": "shipping_step",
    "/payment.html": "payment_step",
    "/revieworder.html": "payment_step",
    "/ordercompleted.html": "receipt",
    "/checkouts/c/1/thank_you": "receipt",
    "/store-policies/shipping-information/": "delivery_info",
    "/store-policies/return-policy/": "return_policy",
    "/store-policies/frequently-asked-questions/": "help_page",
    "/store-policies/privacy-policy/": None,
    "/myaccount.html": "account_page",
    "/account/login": "login",
    "/account/orders/7": "order_tracking",
    "/tracksuits": None,
    "/sport": None,
    "/signin.html": "login",
    "/registersuccess.html": "account_created",
    "/register.html": "register_page",
    "/asearch.html": "site_search",
    "/wishlist.html": "wish_list",
    "/store.html": "category_page",
    "/Google+Redesign/Apparel": "category_page",
    "/collections/hats": "category_page",
    "/collections/hats/products/red-hat": "product_view",
    "/storeitem.html": "product_view",
    "/blog/how-to": "article",
    "/nyhedsbrev": "newsletter_signup",
    "/ønskeliste": "wish_list",
    "/%C3%B8nskeliste": "wish_list",
    "/se/%C3%B6nskelista/": "wish_list",
    "/indk%C3%B8bskurv": "cart_page",
    "/kundvagn": "cart_page",
    "/s%C3%B8g": "site_search",
    "/sok/": "site_search",
    "/stokke": None,
    "/hj%c3%a6lp/betaling-og-levering": "help_page",
    "/kundtj%C3%A4nst": "help_page",
    "/vanliga-fr%C3%A5gor": "help_page",
    "/ofte-stillede-spoergsmaal": "help_page",
    "/fragor-och-svar": "help_page",
    "/j%C3%A4mf%C3%B6relse": "comparison",
    "/omd%C3%B6men": "reviews_read",
    "/retur-og-bytte": "return_policy",
    "/%C3%A5ngerr%C3%A4tt": "return_policy",
    "/garanti": "guarantee",
    "/prisgaranti": "price_info",
    "/store-policies/warranty/": "guarantee",
    "/storrelsesguide": "size_guide",
    "/st%C3%B8rrelsesguide": "size_guide",
    "/storleksguide": "size_guide",
    "/size-chart": "size_guide",
    "/butikker": "store_locator",
    "/hitta-butik": "store_locator",
    "/stores": "store_locator",
    "/gavekort": "gift_card",
    "/presentkort": "gift_card",
    "/gift-cards": "gift_card",
    "/tilbud": "campaign_page",
    "/collections/sale": "campaign_page",
    "/salg": "campaign_page",
    "/rea/": "campaign_page",
    "/real-wool": None,
    "/tilbud/produkt/lampe": "product_view",
    "/om-os": "about_page",
    "/om-oss": "about_page",
    "/about-us": "about_page",
    "/request-a-quote": "quote",
    "/pristilbud": "quote",
    "/offert": "quote",
    "/book-demo": "meeting",
    "/book-et-m%C3%B8de": "meeting",
    "/boka-mote": "meeting",
    "/kontakt-oss": "contact_page",
}
EVENTS = {
    "purchase": "purchase",
    "add_to_cart": "add_to_cart",
    "remove_from_cart": "remove_from_cart",
    "view_cart": "cart_page",
    "begin_checkout": "checkout_start",
    "add_shipping_info": "shipping_step",
    "add_payment_info": "payment_step",
    "refund": "refund",
    "view_item": "product_view",
    "select_item": "product_click",
    "view_item_list": "category_page",
    "view_promotion": "promotion_view",
    "select_promotion": "promotion_click",
    "view_search_results": "site_search",
    "sign_up": "account_created",
    "generate_lead": "lead",
    "share": "share",
    "store_visit": "store_visit",
    "phone_call": "advice_call",
    "fair_visit": "fair_visit",
    "direct_mail": "direct_mail",
    "social_mention": "social_talk",
    "start_trial": "trial",
    "request_quote": "quote",
    "book_meeting": "meeting",
    "contact_form": "contact_form",
    "form_submit": None,
    "qualify_lead": "qualified_lead",
    "ebook_download": "download",
    "back_in_stock": "stock_alert",
    "order_delivered": "delivery_received",
    "store_pickup": "store_pickup",
    "repair": "repair",
    "tutorial_begin": "product_use",
    "survey_answer": "survey_answer",
    "review_written": "review_written",
    "friend_referral": "friend_referral",
    "join_loyalty": "loyalty_programme",
    "renewal": "renewal",
    "session_start": None,
    "first_visit": None,
    "scroll": None,
    "user_engagement": None,
}
ARRIVALS = {
    ("Display", 1, False): "display_ad",
    ("Paid Social", 1, False): "paid_social",
    ("Organic Social", 1, True): "organic_social",
    ("Organic Search", 1, False): "organic_search",
    ("Paid Search", 1, True): "paid_search",
    ("Organic Shopping", 1, False): "shopping_site",
    ("Organic Video", 1, False): "video",
    ("Affiliates", 1, False): "affiliate",
    ("Referral", 1, False): "referral",
    ("AI Assistant", 1, False): "ai_assistant",
    ("SMS", 1, False): "sms",
    ("SMS", 2, True): "customer_return_message",
    ("Mobile Push", 1, False): "push_message",
    ("Mobile Push Notifications", 4, True): "customer_return_message",
    ("Email", 1, False): "newsletter",
    ("Email", 3, True): "customer_return_email",
    ("Direct", 1, False): "direct_first_visit",
    ("Direct", 2, False): "direct_visit",
    ("Direct", 2, True): "customer_return",
    ("Unassigned", 1, False): None,
}


TAGGED = {  # source, medium, campaign
    ("news", "email", "abandoned_cart"): "cart_reminder",
    ("news", "email", "Forladt kurv 1"): "cart_reminder",
    ("news", "email", "overgiven_varukorg"): "cart_reminder",
    ("news", "email", "övergiven varukorg"): "cart_reminder",
    ("anna", "influencer", "spring"): "influencer",
    ("cup", "sponsorship", None): "sponsorship",
    ("politiken.dk", "PR", None): "press",
    ("dk.trustpilot.com", "referral", None): "review_site",
    ("reco.se", "referral", None): "review_site",
    ("poster", "QR", "metro"): "print_ad",
    ("facebook", "cpc", "remarketing_may"): "retargeting",
    ("blog", "sprint", "prints"): None,
}


def rows(scope: Any, given: list[dict[str, object]]) -> pl.DataFrame:
    return pl.DataFrame(given, schema=RULE_COLUMNS[scope])


def first_that_holds(frame: pl.DataFrame, touchpoints: list[Touchpoint]) -> list[str | None]:
    chain = pl.coalesce(pl.when(pl.sql_expr(one.when)).then(pl.lit(one.key)) for one in touchpoints)
    return frame.select(chain.alias("touchpoint"))["touchpoint"].to_list()


def recognised(scope: Any, given: list[dict[str, object]]) -> list[str | None]:
    return first_that_holds(rows(scope, given), [one for one in CATALOGUE if one.scope == scope])


def pages(is_customer: bool) -> list[dict[str, object]]:
    return [{"event_name": "page_view", "page_path": page, "is_customer": is_customer} for page in PAGES]


def test_a_page_view_is_the_contact_that_its_path_names() -> None:
    assert dict(zip(PAGES, recognised("event", pages(is_customer=False)), strict=True)) == PAGES


def test_an_event_is_the_contact_that_its_name_names() -> None:
    given = [{"event_name": name, "page_path": "/basket.html", "is_customer": False} for name in EVENTS]
    assert dict(zip(EVENTS, recognised("event", given), strict=True)) == EVENTS


def test_a_session_is_the_arrival_that_its_channel_names() -> None:
    given = [{"channel": c, "session_number": n, "is_customer": is_customer} for c, n, is_customer in ARRIVALS]
    assert dict(zip(ARRIVALS, recognised("session", given), strict=True)) == ARRIVALS


def test_a_retargeting_visit_is_told_from_other_ads() -> None:
    assert recognised("session", [{"channel": "Display", "medium": "Retargeting"}]) == ["retargeting"]


def test_a_tagged_visit_is_the_arrival_that_its_tags_name() -> None:
    given = [{"source": source, "medium": medium, "campaign": campaign} for source, medium, campaign in TAGGED]
    assert dict(zip(TAGGED, recognised("session", given), strict=True)) == TAGGED


def test_a_form_is_a_contact_form_on_the_contact_page_only() -> None:
    sent = [{"event_name": "form_submit", "page_path": page} for page in ("/da/kontakt-os", "/kontakter", "/kasse")]
    assert recognised("event", sent) == ["contact_form", None, None]


def test_contact_is_a_lead_before_the_purchase_and_service_after_it() -> None:
    seen = [
        {"event_name": name, "page_path": "/kontakt", "is_customer": bought}
        for bought in (False, True)
        for name in ("page_view", "form_submit", "contact_form")
    ]
    assert recognised("event", seen) == ["contact_page", *["contact_form"] * 2, *["contact_as_customer"] * 3]


def test_a_page_about_returns_is_a_policy_before_the_purchase_and_a_return_after_it() -> None:
    seen = [{"event_name": "page_view", "page_path": "/returns", "is_customer": bought} for bought in (False, True)]
    assert recognised("event", seen) == ["return_policy", "return_as_customer"]


@pytest.mark.parametrize(
    "key", ["advice_chat", "advice_call", "return_policy", "login", "contact_page", "contact_form"]
)
def test_what_is_before_the_purchase_is_not_a_customer_s_even_where_the_customer_s_own_is_left_out(key: str) -> None:
    contact = next(one for one in CATALOGUE if one.key == key)
    given = [{"event_name": name, "is_customer": True} for name in EVENTS] + pages(is_customer=True)
    assert not any(rows("event", given).select(pl.sql_expr(contact.when).alias("holds"))["holds"])


def test_help_is_advice_before_the_purchase_and_support_after_it() -> None:
    calls = [{"event_name": "phone_call", "is_customer": is_customer} for is_customer in (False, None, True)]
    assert recognised("event", calls) == ["advice_call", "advice_call", "support_call"]


def test_signing_in_is_told_apart_for_customers() -> None:
    given = [{"event_name": "login", "is_customer": is_customer} for is_customer in (False, None, True)]
    assert recognised("event", given) == ["login", "login", "customer_login"]


def awkward(scope: Any) -> pl.DataFrame:
    """Rows that meet every rule, and rows of nulls, blanks and odd letters."""
    texts = [None, "", "%", "Ærø_%\\", "/KURV/", *PAGES, *EVENTS, *(channel for channel, _, _ in ARRIVALS)]
    texts += [text for tags in TAGGED for text in tags]
    per_type: dict[str, list[object]] = {
        "String": texts,
        "Boolean": [True, False, None],
        "Date": [date(2021, 1, 21), None],
        "Datetime": [datetime(2021, 1, 21), None],
    }
    given = [
        {
            name: options[(row + place) % len(options)]
            for place, (name, dtype) in enumerate(RULE_COLUMNS[scope].items())
            for options in [per_type.get(str(dtype.base_type()), [1, 2, None])]
        }
        for row in range(len(texts) * 2)
    ]
    views = pages(is_customer=True) + [{"event_name": name} for name in EVENTS]
    arrivals = [{"channel": c, "session_number": n, "is_customer": i} for c, n, i in ARRIVALS]
    arrivals += [{"source": source, "medium": medium, "campaign": campaign} for source, medium, campaign in TAGGED]
    return rows(scope, given + (views if scope == "event" else arrivals))


@pytest.mark.parametrize("contact", CATALOGUE, ids=lambda contact: contact.key)
def test_a_rule_gives_the_same_in_polars_and_in_duckdb(contact: Touchpoint) -> None:
    frame = awkward(contact.scope)
    connection = duckdb.connect()
    connection.register("given", frame.to_arrow())
    answers = connection.execute(f"SELECT {contact.when} FROM given").fetchall()
    held = frame.select(pl.sql_expr(contact.when).alias("holds"))["holds"]
    assert held.to_list() == [answer for (answer,) in answers]


def test_every_phase_of_the_default_can_be_reached() -> None:
    lifecycle: Lifecycle = load_lifecycle("six-phases")
    found: set[str | None] = set()
    for scope in ("session", "event"):
        found |= set(first_that_holds(awkward(scope), list(lifecycle.rules_of(scope))))  # type: ignore[arg-type]
    phases = {lifecycle.touchpoint(key).phase for key in found if key}
    assert phases == {phase.key for phase in lifecycle.phases}
