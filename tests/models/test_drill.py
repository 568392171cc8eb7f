"""The macros `drill`, `events_of`, `journey_of` and `compare_segments`, worked out by hand."""

from collections.abc import Iterator
from datetime import date, timedelta

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


def bought_twice_more(warehouse: Warehouse) -> None:
    """Two purchases more, one of them in a journey that is not mature: no figure is that of a single journey."""
    mobile = {"device_category": "mobile"}
    warehouse.connection.execute("UPDATE journeys SET revenue = 95.5, seconds_to_purchase = 90 WHERE journey_id = 1")
    later = {"segments": mobile, "person_id": "eve", "revenue": 20.0, "seconds_to_purchase": 500.0}
    warehouse.journey("search@0 display@100 search@200 checkout@300 purchase@500", "converted", mature=False, **later)
    warehouse.journey("purchase@0", "converted", segments=mobile, person_id="ida", seconds_to_purchase=0.0)


@pytest.mark.parametrize(
    ("figure", "of_journeys"),
    [
        ("conversion_rate", "avg((outcome = 'converted')::INTEGER)"),
        ("open_share", "avg((outcome = 'open')::INTEGER)"),
        ("revenue", "sum(revenue)"),
        ("median_touchpoints_before_purchase", "quantile_cont(touchpoints_before_purchase, 0.5)"),
        ("mean_touchpoints_before_purchase", "avg(touchpoints_before_purchase)"),
        ("p90_touchpoints_before_purchase", "quantile_cont(touchpoints_before_purchase, 0.9)"),
        ("median_seconds_to_purchase", "quantile_cont(seconds_to_purchase, 0.5)"),
    ],
)
def test_a_figure_of_kpis_is_that_of_the_journeys_that_it_opens_into(
    warehouse: Warehouse, figure: str, of_journeys: str
) -> None:
    bought_twice_more(warehouse)
    warehouse.mart("kpis")
    told = warehouse.rows(f"SELECT dimension, segment, {figure} AS figure FROM kpis")
    assert [row["segment"] for row in told] == ["all", "desktop", "mobile"]
    for row in told:
        key = f"dimension := '{row['dimension']}', segment := '{row['segment']}'"
        assert (
            warehouse.value(f"(SELECT {of_journeys} FROM drill('kpis', {key}, figure := '{figure}'))") == row["figure"]
        )
    rates = {"conversion_rate": 2 / 4, "open_share": 0, "revenue": 115.5, "mean_touchpoints_before_purchase": 2}
    assert figure not in rates or told[0]["figure"] == rates[figure]


@pytest.mark.parametrize("phase", ["awareness", "interest", "conversion"])
def test_the_rate_and_the_times_of_a_phase_are_those_of_the_journeys_that_they_open_into(
    warehouse: Warehouse, phase: str
) -> None:
    bought_twice_more(warehouse)
    warehouse.mart("kpis")
    [row] = [row for row in warehouse.mart("phase_metrics") if row["phase"] == phase]
    call = f"drill('phase_metrics', phase := '{phase}', figure := "
    lost = f"(furthest_phase = '{phase}' AND outcome = 'dropped_off')::INTEGER"
    assert warehouse.value(f"(SELECT avg({lost}) FROM {call} 'drop_off_rate'))") == row["drop_off_rate"]
    for name, time in (("median_dwell_seconds", "dwell_seconds"), ("median_active_seconds", "active_seconds")):
        found = f"FROM stays SEMI JOIN {call} '{name}') USING (journey_id) WHERE phase = '{phase}' AND NOT is_censored"
        assert warehouse.value(f"(SELECT median({time}) {found})") == row[name]
    assert len(warehouse.rows(f"FROM {call} 'km_median_dwell_seconds')")) == row["visited"]


def test_shares_of_contacts_moves_days_and_counts_open_into_what_they_are_over(warehouse: Warehouse) -> None:
    bought_twice_more(warehouse)
    warehouse.mart("kpis")

    def opened(arguments: str, over: str = "count(*)") -> float:
        return float(warehouse.value(f"(SELECT {over} FROM drill({arguments}))"))

    rate = "avg((outcome = 'converted')::INTEGER)"
    points = {row["touchpoint"]: row for row in warehouse.mart("touchpoint_metrics")}
    for touchpoint in ("display", "search", "checkout"):
        call = f"'touchpoint_metrics', touchpoint := '{touchpoint}', figure := "
        assert opened(f"{call} 'purchase_share'", rate) == points[touchpoint]["purchase_share"]
    moves = warehouse.mart("transitions")
    [move] = [row for row in moves if (row["from_state"], row["to_state"]) == ("checkout", "(drop-off)")]
    leaving = "'transitions', from_state := 'checkout', to_state := '(drop-off)'"
    assert opened(leaving) / opened(f"{leaving}, figure := 'probability'") == move["probability"] == 1 / 2
    bought = "'transitions', from_state := '(start)', to_state := 'search', figure := "
    [move] = [row for row in moves if (row["from_state"], row["to_state"]) == ("(start)", "search")]
    assert (opened(f"{bought} 'transition_count'"), opened(f"{bought} 'decided_count'")) == (3, 2)
    assert (move["transition_count"], move["decided_count"]) == (3, 2)
    [count] = [row for row in warehouse.mart("touchpoints_before_purchase") if row["touchpoint_count"] == 2]
    few = "'touchpoints_before_purchase', touchpoint_count := 2, figure := "
    assert opened(f"{few} 'share'", "avg((touchpoints_before_purchase = 2)::INTEGER)") == count["share"]
    assert (
        opened(f"{few} 'cumulative_share'", "avg((touchpoints_before_purchase <= 2)::INTEGER)")
        == (count["cumulative_share"])
    )
    [day] = [row for row in warehouse.mart("cohorts") if row["day"] == date(2021, 1, 1)]
    decided = day["mature_converted"] + day["mature_dropped_off"]
    first = "'cohorts', day := '2021-01-01', figure := "
    assert opened(f"{first} 'conversion_rate'", rate) == day["mature_converted"] / decided
    assert opened(f"{first} 'revenue'", "sum(revenue)") == day["revenue"]


@pytest.fixture
def visited(warehouse: Warehouse) -> Warehouse:
    """Sessions of the four journeys: ana and bo come again a week later, ana buys then; eve comes in that week only."""
    visits = [("ana", 1, 0), ("ana", 1, 7), ("bo", 2, 0), ("bo", 4, 7), ("eve", 3, 7)]
    for number, (person, journey, days) in enumerate(visits, 1):
        row = {"session_id": number, "person_id": person, "journey_id": journey, "session_number": 1}
        warehouse.add("sessions", **row, started_at=START + timedelta(days=days), has_conversion=number == 2,
                      channel="Offline" if number == 5 else "Direct", is_bounce=number in (3, 5))  # fmt: skip
    return warehouse


def test_a_cell_of_retention_opens_into_the_journeys_of_its_sessions(visited: Warehouse) -> None:
    visited.mart("kpis")
    [cell] = visited.rows("FROM retention('week') WHERE cohort = DATE '2020-12-28' AND period_number = 1")
    assert (cell["persons"], cell["returned"], cell["purchasers"]) == (2, 2, 1)
    call = "drill('retention', period := 'week', cohort := DATE '2020-12-28', period_number := 1"
    opened = visited.rows(f"FROM {call}) ORDER BY journey_id")
    assert [(row["journey_id"], row["person_id"]) for row in opened] == [(1, "ana"), (4, "bo")]
    assert [row["journey_id"] for row in visited.rows(f"FROM {call}, figure := 'purchasers')")] == [1]
    mobile = "dimension := 'device_category', segment := 'mobile'"
    assert [row["journey_id"] for row in visited.rows(f"FROM {call}, {mobile})")] == [1]


def test_lifetime_value_bounces_and_answers_open_into_their_journeys(visited: Warehouse) -> None:
    visited.connection.execute("UPDATE journeys SET revenue = 95.5 WHERE journey_id = 1")
    visited.connection.execute("UPDATE touchpoints SET person_id = 'ana', session_id = 1 WHERE journey_id = 1")
    for number, score in ((1, 9.0), (4, 3.0)):
        row = {"event_id": number, "event_name": "survey_answer", "session_id": number, "content_rank": 0}
        visited.add("events", **row, occurred_at=START + timedelta(days=9), score=score)
    [kpi] = visited.mart("kpis")
    assert (kpi["bounce_rate"], kpi["nps"]) == (1 / 4, 0)  # the offline session is no visit
    assert (kpi["lifetime_value_to_date"], kpi["purchasers"]) == (95.5, 1)
    names = ("lifetime_value_to_date", "bounce_rate", "nps")
    opened = {name: visited.rows(f"FROM drill('kpis', figure := '{name}')") for name in names}
    assert {name: [row["journey_id"] for row in rows] for name, rows in opened.items()} == {
        "lifetime_value_to_date": [1],
        "bounce_rate": [2],
        "nps": [1, 4],
    }


def test_a_step_of_the_curve_opens_into_who_moved_at_it(warehouse: Warehouse) -> None:
    steps = warehouse.rows(read_sql("marts/dwell_curves"))
    [step] = [row for row in steps if (row["dimension"], row["phase"]) == ("all", "awareness") and row["seconds"] == 60]
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
        ("'retention', period := 'week'", "a row of retention by its period, cohort and period_number; name all three"),
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
