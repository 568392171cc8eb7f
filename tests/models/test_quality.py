"""How far the data can be trusted: each figure on a few rows."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from tests.models.mart_rows import AS_OF, START, Warehouse


@pytest.fixture
def warehouse() -> Iterator[Warehouse]:
    made = Warehouse()
    yield made
    made.connection.close()


def quality(warehouse: Warehouse) -> dict[str, Any]:
    return {row["name"]: row["value"] for row in warehouse.mart("quality")}


def event(warehouse: Warehouse, device: str | None = "a", at: int = 0, **columns: Any) -> int:
    """An event of a device; without one it cannot be followed."""
    key = len(warehouse.rows("FROM events")) + 1
    followed = {"device_id": device, "person_id": device, "session_id": 1} if device else {}
    row = {"event_name": "page_view", **followed, **columns}
    warehouse.add("events", event_id=key, occurred_at=START + timedelta(seconds=at), **row)
    return key


def session(warehouse: Warehouse, key: int, device: str = "a", **columns: Any) -> None:
    row = {"person_id": device, "journey_id": key, **columns}
    warehouse.add("sessions", session_id=key, device_id=device, **row)


def bought(warehouse: Warehouse, event_id: int, person: str = "a", **columns: Any) -> None:
    row = {"event_count": 1, **columns}
    warehouse.add("touchpoints", event_id=event_id, person_id=person, is_conversion=True, **row)


def test_counts_come_from_the_loads_and_days_within_three_of_the_last_are_provisional(
    warehouse: Warehouse,
) -> None:
    for day in range(21, 29):
        for part in range(2):
            counts = {"duplicates": 2, "quarantined": 1, "excluded": part}
            warehouse.add("loads", source_file=f"{day}-{part}", export_day=date(2021, 2, day), **counts)
    figures = quality(warehouse)
    assert [figures[name] for name in ("duplicates", "quarantined", "excluded")] == [32, 16, 8]
    assert figures["provisional_day_share"] == 0.5


def test_instants_days_and_texts_are_what_they_are(warehouse: Warehouse) -> None:
    for day in (21, 28):
        warehouse.add("loads", source_file=f"{day}", export_day=date(2021, 2, day))
    rows = {row["name"]: row for row in warehouse.mart("quality")}
    assert rows["as_of"]["value_at"] == AS_OF
    assert [rows[f"{which}_export_day"]["value_on"].day for which in ("first", "last")] == [21, 28]
    assert rows["timezone"]["value_text"] == "UTC"
    assert {rows[name]["value"] for name in ("as_of", "first_export_day", "last_export_day", "timezone")} == {None}


def test_shares_of_events_are_of_the_followed_ones_and_an_arrival_is_no_event(warehouse: Warehouse) -> None:
    for at in range(4):
        event(warehouse, at=at)
    event(warehouse, None)
    session(warehouse, 1, event_count=4, touchpoint_count=2, unmatched_event_count=1)
    warehouse.add("touchpoints", event_id=1, event_count=3, is_conversion=False)
    warehouse.add("touchpoints", event_id=None, event_count=1, is_conversion=False)
    figures = quality(warehouse)
    assert (figures["events"], figures["followed_share"]) == (5, 0.8)
    assert figures["unfollowed_share"] == pytest.approx(0.2)
    assert (figures["touchpoint_event_share"], figures["unmatched_event_share"]) == (0.75, 0.25)


def test_what_ga4_sends_by_itself_is_not_called_unmatched(warehouse: Warehouse) -> None:
    for at in range(10):
        event(warehouse, at=at)
    session(warehouse, 1, event_count=10, touchpoint_count=1, unmatched_event_count=8)
    for name, count in (("scroll", 4), ("session_start", 1), ("view_promotion", 3)):
        warehouse.add("unmatched_sessions", session_id=1, event_name=name, page_path="/", events=count)
    figures = quality(warehouse)
    assert (figures["automatic_event_share"], figures["unmatched_event_share"]) == (0.5, 0.3)
    rows = warehouse.mart("unmatched")
    assert {row["event_name"]: row["is_automatic"] for row in rows} == {
        "scroll": True, "session_start": True, "view_promotion": False
    }  # fmt: skip


def test_a_repeated_purchase_is_in_no_touchpoint_and_yet_not_unmatched(warehouse: Warehouse) -> None:
    for at in range(5):
        event(warehouse, at=at)
    session(warehouse, 1, event_count=5, touchpoint_count=1, repeat_purchase_count=2, unmatched_event_count=2)
    bought(warehouse, 1)
    figures = quality(warehouse)
    assert (figures["touchpoint_event_share"], figures["unmatched_event_share"]) == (0.2, 0.4)
    assert figures["repeated_purchases"] / 5 == 0.4


def test_a_session_is_unmatched_by_its_events_by_its_arrival_and_by_both(warehouse: Warehouse) -> None:
    told = [  # events, unmatched ones, touchpoints, and whether one of them is the arrival
        (3, 1, 2, True),
        (3, 3, 1, True),
        (2, 2, 1, True),
        (2, 2, 0, False),
        (1, 0, 0, False),  # a purchase that repeats one: recognised, and no touchpoint
    ]
    for key, (events, unmatched, touchpoints, has_arrival) in enumerate(told, 1):
        session(warehouse, key, event_count=events, unmatched_event_count=unmatched, touchpoint_count=touchpoints)
        if has_arrival:
            warehouse.add("touchpoints", session_id=key, event_count=1, is_conversion=False)
    figures = quality(warehouse)
    assert figures["unmatched_session_share"] == 3 / 5
    assert figures["unmatched_arrival_share"] == pytest.approx(2 / 5)
    assert figures["session_without_touchpoint_share"] == 2 / 5


def test_nothing_loaded_gives_zero_counts_and_no_shares(warehouse: Warehouse) -> None:
    figures = quality(warehouse)
    assert {name for name, value in figures.items() if value is None} == {
        "first_export_day",
        "last_export_day",
        "as_of",
        "currency",
        "timezone",
        "provisional_day_share",
        "followed_share",
        "unfollowed_share",
        "touchpoint_event_share",
        "unmatched_event_share",
        "automatic_event_share",
        "unmatched_session_share",
        "unmatched_arrival_share",
        "session_without_touchpoint_share",
        "mature_journey_share",
        "open_journey_share",
        "mature_window_days",
        "returning_person_share",
        "ga_session_agreement",
    }
    assert figures["events"] == figures["revenue_exported"] == figures["excluded"] == 0


def test_journeys_without_touchpoints_are_counted_once_and_repeats_summed(warehouse: Warehouse) -> None:
    warehouse.add("journeys", journey_id=1, is_mature=True, outcome="open", started_at=START)
    for key, journey in ((1, 1), (2, 2), (3, 2), (4, 3)):
        session(warehouse, key, journey_id=journey, repeat_purchase_count=key)
    figures = quality(warehouse)
    assert (figures["journeys_without_touchpoints"], figures["repeated_purchases"]) == (2, 10)


def test_a_session_agrees_that_holds_one_ga_session_which_no_other_of_the_device_holds(
    warehouse: Warehouse,
) -> None:
    held: dict[tuple[str, int], list[int | None]] = {
        ("a", 1): [10, 10, None],
        ("a", 2): [20, 21],
        ("a", 3): [30],
        ("a", 4): [30],
        ("b", 5): [10],
        ("b", 6): [None],
    }
    for (device, key), ids in held.items():
        session(warehouse, key, device)
        for ga_session_id in ids:
            event(warehouse, device, session_id=key, ga_session_id=ga_session_id)
    assert quality(warehouse)["ga_session_agreement"] == pytest.approx(4 / 9)


def test_a_person_is_returning_by_the_first_session_number_that_is_seen(warehouse: Warehouse) -> None:
    seen: dict[str, list[tuple[int, int | None]]] = {
        "a": [(0, None), (5, 1), (9, 2)],
        "b": [(5, 3), (7, 1)],
        "c": [(0, None)],
        "d": [(3, 2), (3, 1)],
    }
    for key, (device, numbers) in enumerate(seen.items(), 1):
        session(warehouse, key, device)
        for at, number in numbers:
            event(warehouse, device, at, session_id=key, ga_session_number=number)
    assert quality(warehouse)["returning_person_share"] == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("age", "days"),
    [({"days": 10}, 9), ({"days": 10, "seconds": 1}, 10), ({"days": 1}, None), ({"hours": 3}, None)],
)
def test_the_mature_window_is_the_longest_in_whole_days_that_leaves_a_mature_journey(
    warehouse: Warehouse, age: dict[str, int], days: int | None
) -> None:
    for extra in (timedelta(0), timedelta(hours=1)):
        started = AS_OF - timedelta(**age) + extra
        warehouse.add("journeys", journey_id=1, started_at=started, is_mature=False, outcome="open")
    assert quality(warehouse)["mature_window_days"] == days


def test_shares_of_journeys_are_over_all_of_them(warehouse: Warehouse) -> None:
    for outcome, mature in (("open", True), ("open", False), ("converted", False), ("dropped_off", True)):
        warehouse.journey("display@0", outcome, mature=mature)
    figures = quality(warehouse)
    assert (figures["mature_journey_share"], figures["open_journey_share"]) == (0.5, 0.5)


def test_exported_revenue_is_counted_repeated_unfollowed_or_other(warehouse: Warehouse) -> None:
    order: dict[str, Any] = {"event_name": "purchase", "transaction_id": "T1"}
    bought(warehouse, event(warehouse, revenue=100, **order), revenue=90, refund=10)
    event(warehouse, revenue=100, **order)
    event(warehouse, "b", revenue=7, **order)  # another person's purchase under the same id is no repeat
    blank: dict[str, Any] = {"event_name": "purchase", "transaction_id": " "}
    bought(warehouse, event(warehouse, revenue=20, **blank), revenue=20)
    event(warehouse, revenue=3, **blank)
    event(warehouse, None, revenue=50, **order)
    figures = quality(warehouse)
    names = ("revenue_exported", "revenue_counted", "revenue_repeated", "revenue_unfollowed", "revenue_other")
    assert [figures[name] for name in names] == [280, 120, 100, 50, 10]


def test_exported_refunds_are_netted_repeated_unfollowed_or_unmatched(warehouse: Warehouse) -> None:
    def refund(amount: float, order: str | None, device: str | None = "a", **columns: Any) -> None:
        sent = {"event_name": "refund", "transaction_id": order, "refund_as_exported": amount, "currency": "DKK"}
        event(warehouse, device, refund=abs(amount), **sent | columns)

    order: dict[str, Any] = {"event_name": "purchase", "transaction_id": "T1", "revenue": 100}
    bought(warehouse, event(warehouse, **order), revenue=60, refund=40)
    bought(warehouse, event(warehouse, **order | {"transaction_id": "T3", "revenue": None}))
    refund(-10, "T1")
    refund(30, "T1")
    refund(10, "T1", currency=" dkk ", at=60)  # again, with another sign
    refund(30, "T1", currency=None, at=60)  # again, for without a currency it is in DKK
    refund(4, "T2")  # of no purchase
    refund(2, "T3")  # of a purchase without revenue
    refund(1, None)
    refund(70, "T1", None)
    figures = quality(warehouse)
    names = ("refund_exported", "refund_netted", "refund_repeated", "refund_unfollowed", "unmatched_refund_value")
    assert [figures[name] for name in names] == [157, 40, 40, 70, 7]
    assert figures["refund_events_unmatched"] == 2
