"""Definitions §5: purchase cycles, and what each came to."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.worlds import SHOP, column, minutes, path, rebuilt


def outcomes(*lines: str, **choices: Any) -> list[str]:
    return column(rebuilt(*lines, **choices).journeys, "outcome")


def test_a_silence_of_exactly_the_window_does_not_open_a_journey() -> None:
    window = timedelta(days=3)
    assert path(rebuilt("ana: read@0 read@3d", journey_window=window)) == "read read"
    assert path(rebuilt("ana: read@0 read@259200.000001s", journey_window=window)) == "read | read"


def test_the_silence_is_counted_from_the_latest_event_of_all_earlier_sessions() -> None:
    lines = ("a: read@0[user=eve] read@20 read@40 read@60", "b: scroll@10[user=eve]", "c: read@119[user=eve]")
    assert path(rebuilt(*lines, journey_window=timedelta(hours=1))) == "read read"
    lines = ("a: read@0[user=eve] read@20 read@40 read@60", "b: scroll@10[user=eve]", "c: read@121[user=eve]")
    assert path(rebuilt(*lines, journey_window=timedelta(hours=1))) == "read | read"


def test_a_cart_taken_up_again_after_three_months_is_one_journey_with_a_window_of_120_days() -> None:
    line = "ana: view_item@0 begin_checkout@1 purchase@90d"
    assert path(rebuilt(line, journey_window=timedelta(days=120), days=200)) == "view checkout purchase"
    assert path(rebuilt(line, days=200)) == "view checkout | purchase"


def test_a_support_visit_after_the_purchase_belongs_to_that_purchase() -> None:
    assert path(rebuilt("ana: purchase@0 help@60 help@2d")) == "purchase back help back help"


def test_coming_back_to_shop_opens_a_new_journey() -> None:
    assert (
        path(rebuilt("ana: purchase@0 help@60 view_item@2h view_item@3h")) == "purchase back help | back view back view"
    )


def test_an_arrival_is_no_shopping() -> None:
    line = "ana: purchase@0 scroll@60[click=dclid] read@3h"
    assert path(rebuilt(line)) == "purchase back | back read"
    rules = tuple(point for point in SHOP.touchpoints if point.key != "back")
    assert path(rebuilt(line, lifecycle=replace(SHOP, touchpoints=rules))) == "purchase advert | read"


def test_a_repeat_of_the_purchase_is_no_shopping_either() -> None:
    assert path(rebuilt("ana: purchase@0[tid=T] purchase@60[tid=T] help@61")) == "purchase back help"


def test_shopping_on_after_the_purchase_in_its_session_stays_in_the_journey() -> None:
    assert path(rebuilt("ana: view_item@0 purchase@1 view_item@2 help@60")) == "view purchase view back help"


def test_two_purchases_in_one_session_are_one_journey_and_in_two_sessions_two() -> None:
    (journey,) = rebuilt("ana: purchase@0[revenue=1] read@1 purchase@2[revenue=2]").journeys.to_dicts()
    assert (journey["touchpoints_before_purchase"], journey["revenue"], journey["touchpoint_count"]) == (0, 3.0, 3)
    assert path(rebuilt("ana: purchase@0 purchase@60")) == "purchase | back purchase"


def test_a_purchase_after_a_silence_forgets_that_the_session_before_it_converted() -> None:
    line = "ana: purchase@0 help@31d view_item@32d view_item@33d"
    assert path(rebuilt(line, days=200)) == "purchase | back help back view back view"


def test_a_session_that_overlaps_an_earlier_one_which_converts_later_opens_a_journey() -> None:
    histories = rebuilt("a: read@0[user=eve] purchase@20", "b: view_item@10[user=eve] view_item@15")
    assert path(histories) == "read purchase | view"
    assert column(histories.journeys, "customer") == ["prospect", "prospect"]
    histories = rebuilt("a: read@0[user=eve] purchase@10", "b: view_item@10[user=eve]")
    assert column(histories.journeys, "customer") == ["prospect", "prospect"]


def test_a_journey_ends_with_the_latest_event_of_any_of_its_sessions() -> None:
    (journey,) = rebuilt("a: read@0[user=eve] scroll@25", "b: read@10[user=eve]").journeys.to_dicts()
    assert minutes([journey["ended_at"], journey["watched_until"]]) == [25, 25 + 30 * 1440]


@pytest.mark.parametrize(
    ("line", "days", "expected"),
    [
        ("read@0", 30, ["open"]),
        ("read@0", 30.00001, ["dropped_off"]),
        ("read@0 read@31d", 32, ["dropped_off", "open"]),
        ("read@0 scroll@31d", 32, ["dropped_off"]),
        ("purchase@0", 1, ["converted"]),
        ("purchase@0 read@60", 1, ["converted", "open"]),
        ("read@0 scroll@40", 30, ["open"]),
    ],
)
def test_an_outcome_waits_for_the_window_after_the_last_event_or_a_later_journey(
    line: str, days: float, expected: list[str]
) -> None:
    assert outcomes(f"ana: {line}", days=days) == expected


def test_a_journey_is_mature_when_it_started_more_than_a_window_before_as_of() -> None:
    assert column(rebuilt("ana: read@0 read@10d", days=30).journeys, "is_mature") == [False]
    assert column(rebuilt("ana: read@0 read@10d", days=30.00001).journeys, "is_mature") == [True]
    assert outcomes("ana: read@0 read@10d", days=30.00001) == ["open"]


def test_before_the_purchase_counts_touchpoints_kinds_and_sessions_without_the_purchase() -> None:
    line = "ana: view_item@0 read@1 view_item@60 purchase@61 purchase@62 view_item@63"
    (journey,) = rebuilt(line).journeys.to_dicts()
    names = ("touchpoints", "distinct_touchpoints", "sessions")
    assert [journey[f"{name}_before_purchase"] for name in names] == [3, 2, 2]
    assert (journey["touchpoint_count"], journey["seconds_to_purchase"]) == (6, 61 * 60)
    assert minutes([journey["converted_at"]]) == [61]


def test_without_a_purchase_they_are_null() -> None:
    (journey,) = rebuilt("ana: view_item@0").journeys.to_dicts()
    names = ("touchpoints_before_purchase", "distinct_touchpoints_before_purchase", "sessions_before_purchase")
    assert {journey[name] for name in (*names, "seconds_to_purchase", "converted_at", "revenue")} == {None}


def test_positions_run_over_the_journey() -> None:
    touchpoints = rebuilt("ana: read@0 view_item@60 purchase@61 read@120", "bo: read@0").touchpoints
    assert column(touchpoints, "position") == [1, 2, 3, 1, 2, 1]


@pytest.mark.parametrize(
    ("line", "furthest"),
    [
        ("read@0", "see"),
        ("help@0", None),
        ("view_item@0 help@1 read@2", "want"),
        ("help@0 purchase@1", "buy"),
        ("purchase@1 help@2", "keep"),
        ("purchase@1 read@2", "buy"),
        ("help@0 help@60 view_item@61", "want"),
        ("begin_checkout@0", "buy"),
    ],
)
def test_a_phase_after_the_purchase_counts_only_at_a_position_after_it(line: str, furthest: str | None) -> None:
    assert column(rebuilt(f"ana: {line}").journeys, "furthest_phase") == [furthest]


def test_a_customer_is_who_bought_before_the_journeys_start() -> None:
    histories = rebuilt("ana: purchase@0 read@60 read@40d", "bo: read@0 purchase@40d")
    assert column(histories.journeys, "customer") == ["prospect", "customer", "customer", "prospect", "prospect"]


@pytest.mark.parametrize(
    ("line", "visitors"),
    [
        ("read@0[number=1]", ["new"]),
        ("read@0[number=2]", ["returning"]),
        ("read@0", [None]),
        ("read@0 read@1[number=1] read@2[number=2]", ["new"]),
        ("read@0 read@60[number=2]", [None]),
        ("read@0[number=0]", [None]),
        ("read@0 read@40d", [None, "returning"]),
        ("read@0[number=1] purchase@1 read@60[number=1]", ["new", "returning"]),
        ("scroll@0 read@40d[number=1]", ["returning"]),
    ],
)
def test_a_visitor_returns_by_an_earlier_session_or_by_the_number_of_the_first(
    line: str, visitors: list[str | None]
) -> None:
    assert column(rebuilt(f"ana: {line}").journeys, "visitor") == visitors


def test_a_visitor_who_is_new_on_a_second_device_returns() -> None:
    journeys = rebuilt("a: read@0[user=eve,number=1] purchase@1", "b: view_item@60[user=eve,number=1]").journeys
    assert column(journeys, "visitor") == ["new", "returning"]


def test_a_journey_without_touchpoint_is_not_listed_but_is_numbered() -> None:
    histories = rebuilt("ana: scroll@0 read@31d purchase@31.001d view_item@32d")
    assert column(histories.journeys, "journey_number") == [2, 3]
    assert histories.sessions["journey_id"].n_unique() == 3


def test_a_session_without_touchpoint_belongs_to_the_journey_it_falls_in() -> None:
    histories = rebuilt("ana: scroll@0 read@60 scroll@120")
    assert histories.sessions["journey_id"].n_unique() == 1
    (journey,) = histories.journeys.to_dicts()
    assert (journey["session_count"], journey["touchpoint_count"]) == (3, 1)
    assert minutes([journey["started_at"], journey["ended_at"]]) == [0, 120]


def test_segments_are_those_of_the_first_session_even_where_it_knows_nothing() -> None:
    line = "ana: scroll@0 read@60[device=mobile,country=DK,source=foo,medium=cpc,campaign=k]"
    (journey,) = rebuilt(line).journeys.to_dicts()
    assert (journey["device_category"], journey["country"], journey["source"]) == (None, None, "(direct)")
    assert (journey["channel"], journey["first_channel"], journey["last_channel"]) == ("Direct", "Direct", "Paid Other")


def test_the_path_leaves_repeats_of_a_phase_out() -> None:
    (journey,) = rebuilt("ana: read@0 view_item@1 view_item@60 read@61 purchase@62 help@63").journeys.to_dicts()
    assert journey["phase_path"] == ["see", "want", "see", "buy", "keep"]
    assert (journey["first_touchpoint"], journey["last_phase"]) == ("read", "keep")


def test_a_journey_keeps_its_key_when_it_grows() -> None:
    one, other = rebuilt("ana: read@0"), rebuilt("ana: read@0 purchase@9d")
    assert column(one.journeys, "journey_id") == column(other.journeys, "journey_id")


def test_the_time_to_the_purchase_is_not_counted_beyond_as_of() -> None:
    assert column(rebuilt("ana: read@0 purchase@3d", days=2).journeys, "seconds_to_purchase") == [2 * 86_400]
