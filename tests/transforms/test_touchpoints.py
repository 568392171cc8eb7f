"""Definitions §4: which sessions and events are touchpoints, and in what order they stand."""

from dataclasses import replace
from typing import Any

import pytest

from models.lifecycle import Lifecycle, Phase, Touchpoint
from tests.worlds import SHOP, column, minutes, path, rebuilt


def counts(line: str) -> list[tuple[str, int]]:
    """Each touchpoint with its number of events."""
    return list(rebuilt(line).touchpoints.select("touchpoint", "event_count").iter_rows())


def money(*lines: str) -> list[tuple[Any, Any]]:
    """Revenue and refund of each conversion."""
    conversions = rebuilt(*lines).touchpoints.filter("is_conversion")
    return list(conversions.select("revenue", "refund").iter_rows())


def test_the_first_rule_that_holds_wins_and_null_does_not_hold() -> None:
    assert path(rebuilt("ana: purchase@0[gift=yes] purchase@1[gift=no] purchase@2")) == "gift purchase purchase"
    rules = (Touchpoint("paid", "buy", "event", "revenue > 0"), Touchpoint("any", "buy", "event", "true"))
    buying = Lifecycle("buying", "paid", (Phase("buy", "during"),), rules)
    assert path(rebuilt("ana: x@0 x@1[revenue=5] x@2[revenue=0]", lifecycle=buying)) == "any paid any"


def test_events_that_no_rule_recognises_are_no_touchpoints() -> None:
    assert path(rebuilt("ana: scroll@0 read@1 scroll@2")) == "read"
    assert rebuilt("ana: scroll@0").touchpoints.is_empty()


def test_a_landing_is_the_first_page_view_of_its_session() -> None:
    assert counts("ana: page_view@0 page_view@1 read@2 page_view@60 page_view@61") == [
        ("landing", 1), ("read", 1), ("landing", 1)
    ]  # fmt: skip


# Arrivals


def test_an_arrival_stands_at_the_start_of_its_session_before_the_rest() -> None:
    histories = rebuilt("ana: view_item@5 scroll@6[click=dclid]")
    assert path(histories) == "advert view"
    assert minutes(column(histories.touchpoints, "occurred_at")) == [5, 5]
    assert column(histories.touchpoints, "event_id") == [None, 0]


def test_an_arrival_comes_once_a_session_and_is_never_made_one_with_the_next() -> None:
    assert counts("ana: scroll@0[click=dclid] scroll@1[click=dclid] scroll@60[click=dclid]") == [("advert", 1)] * 2


def test_the_session_number_of_a_rule_is_that_of_the_device() -> None:
    rules = (*SHOP.touchpoints[:2], Touchpoint("second", "see", "session", "session_number = 2"))
    lifecycle = Lifecycle("x", "purchase", SHOP.phases, rules)
    histories = rebuilt("a: x@0[user=eve] x@3h", "b: x@1h[user=eve] x@4h", lifecycle=lifecycle)
    assert minutes(column(histories.touchpoints, "occurred_at")) == [180, 240]


# What confirms a conversion

CONFIRMED = replace(
    SHOP,
    touchpoints=(
        *SHOP.touchpoints,
        Touchpoint("receipt", "buy", "event", "event_name = 'thanks'", confirms="conversion"),
    ),
)


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("read@0 thanks@1 purchase@2", "read purchase receipt"),
        ("thanks@1 purchase@2.1", "receipt purchase"),
        ("thanks@1 read@1.2 thanks@1.4 purchase@2 help@2", "read purchase receipt help"),
        ("thanks@1 purchase@1 thanks@1.5 view_item@1.6", "purchase receipt view"),
        ("purchase@1 thanks@1.5 purchase@2", "purchase purchase receipt"),
        ("thanks@1 purchase@40", "receipt purchase"),
        ("thanks@1 gift@1.5", "receipt"),
    ],
)
def test_what_confirms_a_conversion_within_a_minute_stands_directly_after_it(line: str, found: str) -> None:
    assert path(rebuilt(f"ana: {line}", lifecycle=CONFIRMED)) == found


def test_what_confirms_a_conversion_stands_at_its_instant_and_is_no_step_to_it() -> None:
    histories = rebuilt("ana: read@0 thanks@1 thanks@1.5 purchase@2 read@5", lifecycle=CONFIRMED)
    assert minutes(column(histories.touchpoints, "occurred_at")) == [0, 2, 2, 5]
    assert column(histories.touchpoints, "event_id") == [0, 3, 1, 4]
    assert column(histories.touchpoints, "event_count") == [1, 1, 2, 1]
    assert column(histories.touchpoints, "seconds_to_next") == [120, 0, 180, None]
    assert column(histories.journeys, "touchpoints_before_purchase") == [1]


# Repeats in a row


def test_consecutive_touchpoints_of_one_kind_are_one_and_what_is_none_does_not_part_them() -> None:
    histories = rebuilt("ana: view_item@0 scroll@1 view_item@2 read@3 view_item@4")
    assert path(histories) == "view read view"
    assert column(histories.touchpoints, "event_count") == [2, 1, 1]
    assert minutes(column(histories.touchpoints, "occurred_at")) == [0, 3, 4]
    assert column(histories.touchpoints, "event_id") == [0, 3, 4]


def test_a_repeated_purchase_is_no_touchpoint_and_does_not_part_them_either() -> None:
    assert counts("ana: purchase@0[tid=T] view_item@1 purchase@2[tid=T] view_item@3") == [("purchase", 1), ("view", 2)]


def test_two_sessions_are_never_made_one_not_even_those_of_two_devices_at_once() -> None:
    assert counts("ana: view_item@0 view_item@60") == [("view", 1), ("view", 1)]
    lines = ("a: view_item@0[user=eve] view_item@2", "b: view_item@1[user=eve] view_item@3")
    histories = rebuilt(*lines)
    assert column(histories.touchpoints, "event_count") == [2, 2]
    assert minutes(column(histories.touchpoints, "occurred_at")) == [0, 1]


def test_a_conversion_is_never_made_one_with_the_next() -> None:
    assert counts("ana: purchase@0 purchase@0 purchase@1") == [("purchase", 1)] * 3


# The same purchase twice


def conversions(*lines: str) -> list[float]:
    histories = rebuilt(*lines)
    return minutes(column(histories.touchpoints.filter("is_conversion"), "occurred_at"))


@pytest.mark.parametrize(
    "again", ["purchase@1[tid=T]", "purchase@60[tid=T]", "purchase@90d[tid=T]", "purchase@0[tid=T]"]
)
def test_a_transaction_seen_before_is_a_repeat_in_its_session_and_months_later(again: str) -> None:
    histories = rebuilt(f"ana: purchase@0[tid=T] {again}")
    assert conversions(f"ana: purchase@0[tid=T] {again}") == [0]
    assert sum(column(histories.sessions, "repeat_purchase_count")) == 1


def test_a_repeat_on_another_device_of_the_person_counts_once_and_the_earliest_counts() -> None:
    lines = ("a: purchase@60[tid=T,user=eve]", "b: purchase@9[tid=T,user=eve]")
    assert conversions(*lines) == [9]
    assert column(rebuilt(*lines).sessions, "repeat_purchase_count") == [0, 1]


def test_two_persons_may_have_the_same_transaction() -> None:
    assert conversions("ana: purchase@0[tid=T]", "bo: purchase@1[tid=T]") == [0, 1]


@pytest.mark.parametrize("tid", ["", "tid=", "tid=  ", "tid=(not set)", "tid= (not set) "])
def test_without_a_usable_transaction_id_each_purchase_counts(tid: str) -> None:
    assert conversions(f"ana: purchase@0[{tid}] purchase@1[{tid}] purchase@90[{tid}]") == [0, 1, 90]


def test_what_is_another_touchpoint_is_no_purchase_to_repeat() -> None:
    assert conversions("ana: purchase@0[tid=T,gift=yes] purchase@1[tid=T]") == [1]


# Customers


def test_an_event_is_a_customers_from_the_instant_after_the_purchase() -> None:
    assert path(rebuilt("ana: purchase@0 reward@0 reward@60.000001s")) == "purchase reward"
    assert column(rebuilt("ana: purchase@0 reward@0 reward@60.000001s").touchpoints, "event_count") == [1, 1]
    assert path(rebuilt("ana: reward@0 read@0 purchase@1")) == "read purchase"


def test_a_session_is_a_customers_when_the_purchase_was_before_its_start() -> None:
    lines = ("a: purchase@10[user=eve]", "b: help@10[user=eve]", "c: help@10.1[user=eve]", "d: help@9[user=eve]")
    assert path(rebuilt(*lines)) == "help purchase help back help"


def test_a_repeat_makes_nobody_a_customer() -> None:
    assert path(rebuilt("ana: purchase@0[gift=yes,tid=T] reward@1 scroll@60")) == "gift"


# Order


@pytest.mark.parametrize("device", ["b", "c", "d", "e", "f"])
def test_touchpoints_at_one_instant_follow_the_start_of_their_session(device: str) -> None:
    lines = ("a: scroll@0[user=eve] read@10", f"{device}: view_item@10[user=eve,click=dclid]")
    assert path(rebuilt(*lines)) == "read advert view"


def test_touchpoints_of_sessions_that_start_together_follow_the_key_of_their_session() -> None:
    histories = rebuilt("a: read@0[user=eve]", "b: view_item@0[user=eve]", "c: help@0[user=eve]")
    keys = column(histories.touchpoints, "session_id")
    assert keys == sorted(keys)
    assert column(histories.sessions, "session_id") == keys


def test_touchpoints_at_one_instant_of_one_session_stand_in_event_order() -> None:
    assert path(rebuilt("ana: read@0 purchase@0 begin_checkout@0 view_item@0")) == "view checkout purchase read"


# Money


def test_refunds_of_a_persons_transaction_are_taken_off_whenever_they_come() -> None:
    refunds = "refund@60[tid=T,refund=2] refund@40d[tid=T,refund=1.5]"
    assert money(f"ana: refund@0[tid=T,refund=0.1] purchase@10[tid=T,revenue=9.7] {refunds}") == [(6.1, 3.6)]


def test_equal_refunds_of_a_transaction_are_taken_off_once() -> None:
    refunds = "refund@1[tid=T,refund=2] refund@2[tid=T,refund=2] refund@3[tid=T,refund=3] refund@4[tid=U,refund=3]"
    assert money(f"ana: purchase@0[tid=T,revenue=9] {refunds}") == [(4.0, 5.0)]
    other = "refund@1[tid=T,refund=2,user=eve] refund@9[tid=T,refund=15,refund_as_exported=2,currency=EUR,user=eve]"
    assert money("a: purchase@0[tid=T,revenue=90,user=eve] refund@5[tid=T,refund=2]", f"b: {other}") == [(73.0, 17.0)]


def test_of_equal_refunds_the_earliest_counts_at_its_rate() -> None:
    later = "refund@40d[tid=T,refund=75,refund_as_exported=-10,currency= eur ]"
    line = f"ana: purchase@0[tid=T,revenue=90] refund@1d[tid=T,refund=74,refund_as_exported=10,currency=EUR] {later}"
    assert money(line) == [(16.0, 74.0)]


def test_a_refund_without_a_currency_equals_one_in_the_propertys() -> None:
    line = "ana: purchase@0[tid=T,revenue=90] refund@1[tid=T,refund=7] refund@2[tid=T,refund=7,currency=DKK]"
    conversions = rebuilt(line, currency="DKK").touchpoints.filter("is_conversion")
    assert conversions["refund"].to_list() == [7.0]
    assert money(line) == [(76.0, 14.0)]


def test_a_refund_of_another_person_or_transaction_or_of_none_takes_nothing_off() -> None:
    line = "ana: purchase@0[tid=T,revenue=9] refund@1[tid=U,refund=2] refund@2[refund=3] refund@3[tid=T]"
    assert money(line, "bo: refund@0[tid=T,refund=4]") == [(9.0, None)]
    assert money("ana: purchase@0[tid=(not set),revenue=9] refund@1[tid=(not set),refund=2]") == [(9.0, None)]


def test_a_refund_on_another_device_of_the_person_is_taken_off() -> None:
    assert money("a: purchase@0[tid=T,revenue=9,user=eve]", "b: refund@1[tid=T,refund=4,user=eve]") == [(5.0, 4.0)]


def test_a_purchase_without_revenue_stays_without_and_nothing_is_taken_off_it() -> None:
    assert money("ana: purchase@0[tid=T] refund@1[tid=T,refund=4]") == [(None, None)]


def test_a_repeat_brings_no_revenue_and_only_conversions_have_any() -> None:
    histories = rebuilt("ana: view_item@0[revenue=5] purchase@1[tid=T,revenue=9] purchase@2[tid=T,revenue=9]")
    assert column(histories.touchpoints, "revenue") == [None, 9.0]
    assert column(histories.sessions, "revenue") == [9.0]


def test_money_is_summed_in_whole_millionths_and_a_sum_beyond_reason_breaks_nothing() -> None:
    line = " ".join(f"purchase@{at}[revenue=0.1]" for at in range(10))
    assert column(rebuilt(f"ana: {line}").sessions, "revenue") == [1.0]
    assert column(rebuilt("ana: purchase@0[revenue=1e15] purchase@1[revenue=1]").journeys, "revenue") == [1e15 + 1]
