"""The macro `funnel`, worked out by hand on a few journeys: what counts as a step, in which order, and how soon."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import duckdb
import pytest

from tests.models.mart_rows import AS_OF, START, Warehouse

STEPS = "['display', 'search', 'purchase']"


@pytest.fixture
def warehouse() -> Iterator[Warehouse]:
    made = Warehouse()
    made.journey("display@0 search@60 purchase@90", "converted", segments={"device_category": "mobile"})
    made.journey("search@0 display@60 search@120", segments={"device_category": "mobile"})
    made.journey("display@0 article@60 search@120", "open", segments={"device_category": "desktop"})
    made.journey("search@0", segments={"device_category": "desktop"})
    made.journey("display@0 search@4000 checkout@5000", mature=False, segments={"device_category": "desktop"})
    made.journey("search@0 display@60", segments={"device_category": "desktop"})
    yield made
    made.connection.close()


def reached(warehouse: Warehouse, arguments: str) -> list[int]:
    return [row["reached"] for row in warehouse.rows(f"FROM funnel({arguments})")]


@pytest.mark.parametrize(
    ("order", "counts"),
    [
        ("loose", [5, 4, 1]),  # the sixth searches before it sees an ad, the fourth sees none
        ("strict", [5, 3, 1]),  # in the third an article lies between
        ("any", [5, 5, 1]),
    ],
)
def test_steps_are_taken_in_the_order_that_is_asked_for(warehouse: Warehouse, order: str, counts: list[int]) -> None:
    assert reached(warehouse, f"{STEPS}, ordered := '{order}'") == counts


@pytest.mark.parametrize(
    ("within", "counts"),
    [
        ("1 HOUR", [5, 3, 1]),  # the fifth takes 4000 seconds
        ("90 SECONDS", [5, 2, 1]),  # the third takes 120, the purchase just 90 from the first step
        ("89 SECONDS", [5, 2, 0]),
        ("59 SECONDS", [5, 0, 0]),
    ],
)
def test_within_is_counted_from_the_first_step_its_very_length_included(
    warehouse: Warehouse, within: str, counts: list[int]
) -> None:
    assert reached(warehouse, f"{STEPS}, within := INTERVAL {within}") == counts
    assert reached(warehouse, f"['display'], within := INTERVAL {within}") == [5]


def test_steps_may_begin_anew_when_the_first_time_was_too_long_ago(warehouse: Warehouse) -> None:
    warehouse.journey("display@0 article@10 display@5000 search@5030 purchase@5060", "converted")
    assert reached(warehouse, f"{STEPS}, within := INTERVAL 60 SECONDS") == [6, 3, 1]
    assert reached(warehouse, f"{STEPS}, within := INTERVAL 60 SECONDS, ordered := 'strict'") == [6, 3, 1]


def test_in_any_order_the_window_holds_all_steps_wherever_they_lie(warehouse: Warehouse) -> None:
    warehouse.journey("purchase@0 article@5000 search@5030 display@5090", "converted")
    assert reached(warehouse, f"{STEPS}, within := INTERVAL 60 SECONDS, ordered := 'any'") == [6, 4, 0]
    assert reached(warehouse, f"{STEPS}, within := INTERVAL 90 SECONDS, ordered := 'any'")[2] == 1
    assert reached(warehouse, "['purchase', 'display'], within := INTERVAL 5090 SECONDS, ordered := 'any'") == [2, 2]
    assert reached(warehouse, "['purchase', 'display'], within := INTERVAL 5089 SECONDS, ordered := 'any'") == [2, 1]


def test_what_becomes_of_those_who_go_no_further_is_told_and_open_ones_are_not_lost(warehouse: Warehouse) -> None:
    first, second, last = warehouse.rows(f"FROM funnel({STEPS})")
    names = ("reached", "progressed", "dropped_off", "still_open", "stopped")
    assert [first[name] for name in names] == [5, 4, 1, 0, 0]
    assert [second[name] for name in names] == [4, 1, 2, 1, 0]
    assert [last[name] for name in names] == [1, 0, 0, 0, 1]
    # All but the fifth are mature: at the first step the sixth of four is lost, at the second one of two decided.
    assert [row["drop_off_rate"] for row in (first, second, last)] == [1 / 4, 1 / 2, 0]
    assert [row["reached_share"] for row in (first, second, last)] == [1, 4 / 5, 1 / 5]
    assert (round(second["drop_off_low"], 4), round(second["drop_off_high"], 4)) == (0.0945, 0.9055)


@pytest.mark.parametrize("ordered", ["loose", "strict", "any"])
@pytest.mark.parametrize("within", ["NULL", "INTERVAL 90 SECONDS"])
def test_a_row_opens_into_its_journeys(warehouse: Warehouse, ordered: str, within: str) -> None:
    warehouse.mart("kpis")
    asked = f"within := {within}, ordered := '{ordered}'"
    for row in warehouse.rows(f"FROM funnel({STEPS}, {asked}, dimension := 'device_category')"):
        of = f"{asked}, dimension := 'device_category', segment := '{row['segment']}'"
        call = f"funnel_journeys({STEPS}, {row['step_number']}, {of}, figure := "
        for figure in ("reached", "progressed", "dropped_off", "still_open", "stopped"):
            assert len(warehouse.rows(f"FROM {call} '{figure}')")) == row[figure]
        lost = f"(steps_taken = {row['step_number']} AND outcome = 'dropped_off')::INTEGER"
        assert warehouse.value(f"(SELECT avg({lost}) FROM {call} 'drop_off_rate'))") == row["drop_off_rate"]


def test_the_journeys_of_a_step_say_how_many_steps_they_took(warehouse: Warehouse) -> None:
    rows = warehouse.rows(f"FROM funnel_journeys({STEPS}, 2)")
    assert {row["journey_id"]: row["steps_taken"] for row in rows} == {1: 3, 2: 2, 3: 2, 5: 2}
    assert [
        row["journey_id"] for row in warehouse.rows(f"FROM funnel_journeys({STEPS}, 1, figure := 'dropped_off')")
    ] == [6]
    assert warehouse.rows(f"FROM steps_of({STEPS}) ORDER BY ALL")[-1] == {"journey_id": 6, "steps_taken": 1}


def test_a_rate_over_nothing_is_null_and_a_step_that_nobody_took_has_a_row(warehouse: Warehouse) -> None:
    [row] = warehouse.rows("FROM funnel(['help'])")
    assert (row["reached"], row["reached_share"], row["drop_off_rate"], row["drop_off_low"]) == (0, None, None, None)


def test_segments_are_those_of_the_dimension(warehouse: Warehouse) -> None:
    warehouse.mart("kpis")
    rows = warehouse.rows(f"FROM funnel({STEPS}, dimension := 'device_category')")
    assert [(row["segment"], row["reached"]) for row in rows] == [
        ("desktop", 3), ("desktop", 2), ("desktop", 0), ("mobile", 2), ("mobile", 2), ("mobile", 1),
    ]  # fmt: skip
    assert {row["dimension"] for row in rows} == {"device_category"}


def test_a_step_may_be_one_of_several(warehouse: Warehouse) -> None:
    assert reached(warehouse, "['display|article', 'search|checkout', 'purchase|checkout']") == [5, 4, 2]


def test_steps_may_be_phases(warehouse: Warehouse) -> None:
    assert reached(warehouse, "['awareness', 'interest', 'conversion'], level := 'phase'") == [5, 4, 2]
    # Display and article are one stay, so that nothing lies between awareness and interest.
    assert reached(warehouse, "['awareness', 'interest'], level := 'phase', ordered := 'strict'") == [5, 4]


def test_times_beyond_as_of_are_no_longer(warehouse: Warehouse) -> None:
    late = AS_OF - timedelta(seconds=30)
    warehouse.journey("display@0 search@600", "open", start=late)
    assert reached(warehouse, "['display', 'search'], within := INTERVAL 30 SECONDS") == [6, 1]


@pytest.fixture
def browsed() -> Iterator[Warehouse]:
    """One journey on two devices: at one instant a cart and a view, an hour later a scroll and a purchase."""
    made = Warehouse()
    key = made.journey("display@0", "open")
    for session, journey in ((1, key), (2, key), (3, 99)):
        made.add("sessions", session_id=session, journey_id=journey, started_at=START + timedelta(hours=session))
    shop: list[tuple[str, int, int]] = [
        ("add_to_cart", 1, 1), ("view_item", 1, 1), ("scroll", 2, 2), ("purchase", 2, 3), ("view_item", 3, 3),
    ]  # fmt: skip
    for number, (name, session, hours) in enumerate(shop):
        row: dict[str, Any] = {"event_id": number, "event_name": name, "session_id": session}
        made.add("events", **row, occurred_at=START + timedelta(hours=hours), content_rank=0)
    yield made
    made.connection.close()


@pytest.mark.parametrize(
    ("arguments", "counts"),
    [
        ("['view_item', 'add_to_cart', 'purchase']", [1, 1, 1]),  # at one instant a view stands before a cart
        ("['add_to_cart', 'view_item', 'purchase']", [1, 0, 0]),
        ("['view_item', 'add_to_cart', 'purchase'], ordered := 'strict'", [1, 1, 0]),  # a scroll lies between
        ("['view_item', 'purchase'], within := INTERVAL 2 HOURS", [1, 1]),
        ("['view_item', 'purchase'], within := INTERVAL 119 MINUTES", [1, 0]),
        ("['purchase', 'view_item'], ordered := 'any'", [1, 1]),
        ("['refund']", [0]),
    ],
)
def test_events_of_listed_journeys_are_steps_in_event_order(
    browsed: Warehouse, arguments: str, counts: list[int]
) -> None:
    assert reached(browsed, f"{arguments}, level := 'event'") == counts


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("['display'], ordered := 'tight'", "ordered is 'tight'; it is one of loose, strict and any"),
        ("['display'], level := 'page'", "level is 'page'; it is one of event, touchpoint and phase"),
        ("['display', 'serch']", "no touchpoint is called 'serch'; table lifecycle names those there are"),
        ("['display'], level := 'phase'", "no phase is called 'display'; table lifecycle names those there are"),
        ("['display'], dimension := 'shoe'", "no segments are of dimension 'shoe'; table kpis names those there are"),
    ],
)
def test_what_cannot_be_asked_is_said_in_one_line(warehouse: Warehouse, arguments: str, said: str) -> None:
    with pytest.raises(duckdb.InvalidInputException, match=said):
        warehouse.rows(f"FROM funnel({arguments})")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("['display'], 2", "step is 2; it is a number from 1 to 1"),
        (
            "['display'], 1, figure := 'lost'",
            "funnel_journeys opens no figure 'lost'; its comment names those it opens",
        ),
        ("['serch'], 1", "no touchpoint is called 'serch'; table lifecycle names those there are"),
        ("['display'], 1, dimension := 'shoe'", "no segments are of dimension 'shoe'"),
    ],
)
def test_what_cannot_be_opened_is_said_in_one_line(warehouse: Warehouse, arguments: str, said: str) -> None:
    with pytest.raises(duckdb.InvalidInputException, match=said):
        warehouse.rows(f"FROM funnel_journeys({arguments})")
