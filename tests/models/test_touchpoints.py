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
    ("Mobile Push", 1, False): "push_message",
    ("Email", 1, False): "newsletter",
    ("Email", 3, True): "customer_return_email",
    ("Direct", 1, False): "direct_first_visit",
    ("Direct", 2, False): "direct_visit",
    ("Direct", 2, True): "customer_return",
    ("Unassigned", 1, False): None,
}


def rows(scope: Any, given: list[dict[str, object]]) -> pl.DataFrame:
    return pl.DataFrame(given, schema=RULE_COLUMNS[scope])


def first_that_holds(frame: pl.DataFrame, touchpoints: list[Touchpoint]) -> list[str | None]:
    chain = pl.coalesce(pl.when(one.rule()).then(pl.lit(one.key)) for one in touchpoints)
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


def test_help_is_advice_before_the_purchase_and_support_after_it() -> None:
    calls = [{"event_name": "phone_call", "is_customer": is_customer} for is_customer in (False, None, True)]
    assert recognised("event", calls) == ["advice_call", "advice_call", "support_call"]


def test_signing_in_is_told_apart_for_customers() -> None:
    given = [{"event_name": "login", "is_customer": is_customer} for is_customer in (False, None, True)]
    assert recognised("event", given) == ["login", "login", "customer_login"]


def awkward(scope: Any) -> pl.DataFrame:
    """Rows that meet every rule, and rows of nulls, blanks and odd letters."""
    texts = [None, "", "%", "Ærø_%\\", "/KURV/", *PAGES, *EVENTS, *(channel for channel, _, _ in ARRIVALS)]
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
    return rows(scope, given + (views if scope == "event" else arrivals))


@pytest.mark.parametrize("contact", CATALOGUE, ids=lambda contact: contact.key)
def test_a_rule_gives_the_same_in_polars_and_in_duckdb(contact: Touchpoint) -> None:
    frame = awkward(contact.scope)
    connection = duckdb.connect()
    connection.register("given", frame.to_arrow())
    answers = connection.execute(f"SELECT {contact.when} FROM given").fetchall()
    assert frame.select(contact.rule().alias("holds"))["holds"].to_list() == [answer for (answer,) in answers]


def test_every_phase_of_the_default_can_be_reached() -> None:
    lifecycle: Lifecycle = load_lifecycle("six-phases")
    found: set[str | None] = set()
    for scope in ("session", "event"):
        found |= set(first_that_holds(awkward(scope), list(lifecycle.rules_of(scope))))  # type: ignore[arg-type]
    phases = {lifecycle.touchpoint(key).phase for key in found if key}
    assert phases == {phase.key for phase in lifecycle.phases}
