"""The macros `drill`, `events_of`, `journey_of` and `compare_segments`, worked out by hand."""

from collections.abc import Iterator
from datetime import timedelta

import duckdb
import pytest

from models.sql import read_sql
from tests.models.mart_rows import START, Warehouse


@pytest.fixture
def warehouse() -> Iterator[Warehouse]:
    made = Warehouse()
    mobile, desktop = {"device_category": "mobile"}, {"device_category": "desktop"}
    made.journey("display@0 search@60 purchase@90 help@100", "converted", segments=mobile, person_id="ana")
    made.journey("search@0 checkout@60", segments=mobile, person_id="bo")
    made.journey("display@0 search@120", "open", mature=False, segments=desktop, person_id="eve")
    made.journey("search@0", segments=desktop, person_id="bo", start=START + timedelta(days=1))
    made.count()
    yield made
    made.connection.close()


@pytest.mark.parametrize(
    ("arguments", "journeys"),
    [
        ("'kpis'", [1, 2, 3, 4]),
        ("'kpis', figure := 'still_open'", [3]),
        ("'kpis', figure := 'mature_dropped_off'", [2, 4]),
        ("'kpis', dimension := 'device_category', segment := 'mobile'", [1, 2]),
        ("'phase_metrics', phase := 'interest'", [1, 2, 3, 4]),
        ("'phase_metrics', phase := 'interest', figure := 'progressed'", [1, 2]),
        ("'phase_metrics', phase := 'interest', figure := 'dropped_off'", [4]),
        ("'phase_metrics', phase := 'interest', figure := 'still_open'", [3]),
        ("'phase_metrics', phase := 'awareness', figure := 'visited'", [1, 3]),
        ("'phase_metrics', phase := 'interest', figure := 'entered_here'", [2, 4]),
        ("'phase_metrics', phase := 'interest', figure := 'mature_reached'", [1, 2, 4]),
        ("'comparisons', figure := 'drop_off_rate', phase := 'interest'", [1, 2, 4]),
        ("'comparisons', figure := 'conversion_rate', dimension := 'device_category', segment := 'mobile'", [1, 2]),
        ("'transitions', from_state := 'search', to_state := '(drop-off)'", [4]),
        ("'transitions', from_state := 'awareness', to_state := 'interest', level := 'phase'", [1, 3]),
        ("'transitions', part := 'after_purchase', from_state := '(converted)', to_state := 'help'", [1]),
        ("'states', state := 'checkout'", [2]),
        ("'states', state := '(start)', level := 'phase'", [1, 2, 3, 4]),
        ("'touchpoints_before_purchase', touchpoint_count := 2", [1]),
        ("'touchpoint_metrics', touchpoint := 'search'", [1, 2, 3, 4]),
        ("'touchpoint_metrics', touchpoint := 'search', figure := 'decided'", [1, 2, 4]),
        ("'touchpoint_metrics', touchpoint := 'search', figure := 'converted'", [1]),
        ("'leaks', phase := 'conversion', touchpoint := 'checkout'", [2]),
        ("'levers', state := 'search'", [4]),
        ("'levers', level := 'phase', state := 'conversion'", [2]),
        ("'dwell_curves', phase := 'awareness'", [1, 3]),
        ("'dwell_curves', phase := 'awareness', seconds := 63", [3]),
        ("'cohorts', day := '2021-01-02'", [4]),
        ("'cohorts', day := DATE '2021-01-01', figure := 'converted'", [1]),
        ("'day_figures', day := '2021-01-02', figure := 'journeys_started'", [4]),
    ],
)
def test_a_row_of_a_mart_opens_into_its_journeys(warehouse: Warehouse, arguments: str, journeys: list[int]) -> None:
    warehouse.mart("kpis")
    assert [row["journey_id"] for row in warehouse.rows(f"FROM drill({arguments}) ORDER BY journey_id")] == journeys


def test_a_step_of_the_curve_opens_into_who_moved_at_it(warehouse: Warehouse) -> None:
    steps = warehouse.rows(read_sql("marts/dwell_curves"))
    [step] = [
        row for row in steps if (row["dimension"], row["phase"]) == ("all", "awareness") and 60 < row["seconds"] < 70
    ]
    call = f"drill('dwell_curves', phase := 'awareness', seconds := {step['seconds']!r}, figure := 'moved')"
    assert [row["journey_id"] for row in warehouse.rows(f"FROM {call}")] == [1]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("'quality'", "drill opens no rows of 'quality'; its comment names the marts that it opens"),
        ("'kpis', figure := 'reached'", "drill opens no figure 'reached' of kpis; its comment names those it opens"),
        ("'leaks', figure := 'share'", "drill opens no figure 'share' of leaks; its comment names those it opens"),
        ("'phase_metrics'", "drill opens a row of phase_metrics by its phase; name one, such as phase := 'interest'"),
        ("'phase_metrics', phase := 'x'", "no phase is called 'x'; table lifecycle names those there are"),
        ("'kpis', dimension := 'shoe'", "no segments are of dimension 'shoe'; table kpis names those there are"),
    ],
)
def test_what_cannot_be_opened_is_said(warehouse: Warehouse, arguments: str, said: str) -> None:
    with pytest.raises(duckdb.InvalidInputException, match=said):
        warehouse.rows(f"FROM drill({arguments})")


def test_pages_and_unmatched_events_open_by_their_sessions(warehouse: Warehouse) -> None:
    for session in (1, 2, 3):
        warehouse.add("sessions", session_id=session, journey_id=session, started_at=START)
    warehouse.add("pages_seen", session_id=1, page_path="/pay", is_exit=True, has_conversion=True)
    warehouse.add("pages_seen", session_id=2, page_path="/pay", is_exit=True, has_conversion=False)
    warehouse.add("pages_seen", session_id=3, page_path="/pay", is_exit=False, has_conversion=False)
    warehouse.add("unmatched_sessions", session_id=2, event_name="scroll", page_path="/pay", events=1)
    warehouse.add("unmatched_sessions", session_id=3, event_name="scroll", events=1)
    calls = {
        "'page_exits', page_path := '/pay'": [1, 2, 3],
        "'page_exits', page_path := '/pay', figure := 'exits'": [1, 2],
        "'page_exits', page_path := '/pay', figure := 'lost_exits'": [2],
        "'unmatched', event_name := 'scroll', page_path := '/pay'": [2],
        "'unmatched', event_name := 'scroll'": [3],
        "'day_figures', day := '2021-01-01', figure := 'sessions_started'": [1, 2, 3],
    }
    found = {call: warehouse.rows(f"FROM drill({call}) ORDER BY journey_id") for call in calls}
    assert {call: [row["journey_id"] for row in rows] for call, rows in found.items()} == calls


def test_events_of_a_journey_stand_in_event_order_with_the_touchpoints_that_they_begin(warehouse: Warehouse) -> None:
    warehouse.add("sessions", session_id=1, journey_id=1, started_at=START, session_number=1)
    for number, name in enumerate(("purchase", "view_item", "user_engagement")):  # all at one instant
        warehouse.add("events", event_id=number, event_name=name, session_id=1, occurred_at=START)
    warehouse.connection.execute("UPDATE touchpoints SET event_id = 0 WHERE touchpoint = 'purchase'")
    rows = warehouse.rows("FROM events_of(1)")
    assert [(row["event_number"], row["event_name"], row["touchpoint"], row["position"]) for row in rows] == [
        (1, "view_item", None, None),
        (2, "purchase", "purchase", 3),
        (3, "user_engagement", None, None),
    ]
    assert warehouse.rows("FROM events_of(2)") == []


def test_journeys_of_a_person_are_their_touchpoints_in_order(warehouse: Warehouse) -> None:
    warehouse.connection.execute("UPDATE touchpoints SET session_id = 1, person_id = 'bo' WHERE journey_id IN (2, 4)")
    warehouse.connection.execute("UPDATE journeys SET journey_number = journey_id // 2")
    warehouse.add("sessions", session_id=1, device_category="mobile")
    rows = warehouse.rows("FROM journey_of('bo')")
    assert [(row["journey_number"], row["position"], row["touchpoint"], row["outcome"]) for row in rows] == [
        (1, 1, "search", "dropped_off"),
        (1, 2, "checkout", "dropped_off"),
        (2, 1, "search", "dropped_off"),
    ]
    assert warehouse.rows("FROM journey_of('nobody')") == []


def test_segments_stand_beside_each_other_with_what_is_outside_them(warehouse: Warehouse) -> None:
    warehouse.mart("kpis")
    row = {"dimension": "device_category", "segment": "mobile", "figure": "conversion_rate", "phase": ""}
    warehouse.add("comparisons", **row, other_rate=0.0, difference=0.5, is_significant=False)
    desktop, mobile = warehouse.rows("FROM compare_segments('device_category')")
    names = ("segment", "journeys", "journey_share", "converted_share", "conversion_rate", "still_open")
    assert [mobile[name] for name in names] == ["mobile", 2, 1 / 2, 1, 1 / 2, 0]
    assert [desktop[name] for name in names] == ["desktop", 2, 1 / 2, 0, 0, 1]
    assert (mobile["other_rate"], mobile["difference"], mobile["is_significant"]) == (0, 0.5, False)
    with pytest.raises(duckdb.InvalidInputException, match="no segments are of dimension 'shoe'"):
        warehouse.rows("FROM compare_segments('shoe')")
