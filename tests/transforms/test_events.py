"""Definitions §1 and §3: the order of events, and which of them has a source of its own."""

import polars as pl
import pytest

from tests.worlds import column, events
from transforms.events import in_event_order, names_source


def test_events_of_one_microsecond_follow_time_then_nature_then_name() -> None:
    found = events("ana: zoom@0 alpha@0 refund@0 purchase@0 page_view@0 first_visit@0 session_start@0")
    names = ["session_start", "first_visit", "page_view", "purchase", "refund", "alpha", "zoom"]
    assert column(found, "event_name") == names


def test_batch_ids_come_before_nature_and_their_nulls_come_first() -> None:
    later = "page_view@0[batch_page_id=2] page_view@0[batch_page_id=1,batch_ordering_id=1,batch_event_index=2]"
    found = events(f"ana: {later} zoom@0[batch_page_id=1,batch_ordering_id=1,batch_event_index=1] purchase@0")
    assert column(found, "event_name") == ["purchase", "zoom", "page_view", "page_view"]
    assert column(found, "batch_page_id") == [None, 1, 1, 2]


def test_equals_in_all_else_follow_their_content_and_before_it_the_day_of_their_export() -> None:
    found = events("ana: page_view@0[page=x] page_view@0[page=y]")
    assert column(found, "page_location") == ["x", "y"]
    turned = found.with_columns(export_date=pl.Series([2, 1]).cast(pl.Date))
    assert column(in_event_order(turned), "page_location") == ["y", "x"]


def test_the_order_of_rows_does_not_matter() -> None:
    found = events("ana: page_view@0 purchase@0 zoom@0 page_view@0", "bo: page_view@0 page_view@0[user=eve]")
    assert in_event_order(found.reverse()).equals(found)


def has_source(source: str | None, page: str | None = None, ignored: tuple[str, ...] = ()) -> bool:
    frame = pl.DataFrame(
        {"source": [source], "page_location": [page]}, dict.fromkeys(("source", "page_location"), pl.String)
    )
    return bool(frame.select(names_source(ignored)).item())


@pytest.mark.parametrize("source", [None, "", "  ", "(direct)", " (Direct) "])
def test_null_blank_and_direct_are_no_source(source: str | None) -> None:
    assert not has_source(source, "https://shop.dk/")


@pytest.mark.parametrize("source", ["google", "news@shop.dk", "www.", "shop.dk.evil.com", "myshop.dk", "(not set)"])
def test_any_other_text_is_a_source(source: str) -> None:
    assert has_source(source, "https://shop.dk/kurv")


@pytest.mark.parametrize("source", ["shop.dk", "WWW.Shop.DK", "shop.dk.", "shop.dk:443", "www.shop.dk.:8080"])
@pytest.mark.parametrize("page", ["https://shop.dk", "HTTPS://www.SHOP.dk.:8443/a?b#c", "https://u:p@shop.dk/@x"])
def test_the_host_of_the_page_is_no_source_however_it_is_written(source: str, page: str) -> None:
    assert not has_source(source, page)


@pytest.mark.parametrize(
    ("source", "page"),
    [("pay.shop.dk", "https://shop.dk/"), ("shop.dk", "https://www.pay.shop.dk/a"), ("a.b.shop.dk", "http://shop.dk")],
)
def test_neither_is_a_subdomain_or_a_parent_domain_of_it(source: str, page: str) -> None:
    assert not has_source(source, page)


@pytest.mark.parametrize("page", [None, "", "shop.dk/kurv", "/kurv", "https:///kurv"])
def test_without_a_host_nothing_is_the_site_itself(page: str | None) -> None:
    assert has_source("shop.dk", page)


@pytest.mark.parametrize("ignored", ["pay.com", " WWW.Pay.com ", "pay.com.", "pay.com:443"])
@pytest.mark.parametrize("source", ["pay.com", "www.PAY.com", "pay.com."])
def test_ignored_referrers_are_no_source_compared_as_hosts_are(ignored: str, source: str) -> None:
    assert not has_source(source, "https://shop.dk/", (ignored,))
    assert has_source("notpay.com", "https://shop.dk/", (ignored,))
    assert has_source("my.pay.com", "https://shop.dk/", (ignored,))
