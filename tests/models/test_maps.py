"""Who meets what, where it hurts, and the map, worked out by hand over a handful of journeys."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.models.mart_rows import Warehouse, by


@pytest.fixture
def warehouse() -> Iterator[Warehouse]:
    made = Warehouse()
    yield made
    made.connection.close()


def few_journeys(warehouse: Warehouse) -> None:
    """Two of the four decided ones that searched bought, for 300 together; one of six is a phone's."""
    phone = {"segments": {"persona": "phones"}}
    rest = {"segments": {"persona": "(none)"}}
    warehouse.journey("display@0 search@5 search@6 purchase@9 help@10", "converted", revenue=100, channel="Ads", **rest)
    warehouse.journey("search@0 purchase@9 search@10", "converted", revenue=200, channel="Search", **rest)
    warehouse.journey("display@0 search@5", channel="Ads", **phone)
    warehouse.journey("search@0 display@5", channel="Search", **rest)
    warehouse.journey("display@0", channel="Ads", **rest)
    warehouse.journey("search@0", "open", closed=False, channel="Search", **rest)


def counted(warehouse: Warehouse) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for name in ("phase_metrics", "kpis", "touchpoint_metrics", "leaks"):
        of_all, of_personas = warehouse.mart(name), warehouse.mart(name, "persona")
        found[name] = of_all + of_personas
        warehouse.connection.execute(f"DELETE FROM {name}")
        for row in found[name]:
            warehouse.add(name, **row)
    return found | {"journey_map": warehouse.mart("journey_map")}


def test_a_touchpoint_counts_the_journeys_that_have_it_and_how_many_of_those_buy(warehouse: Warehouse) -> None:
    few_journeys(warehouse)
    found = by(counted(warehouse)["touchpoint_metrics"], "segment", "touchpoint")
    search = found["all", "search"]
    assert (search["contacts"], search["journeys"], search["share"]) == (7, 5, pytest.approx(5 / 6))
    # The open one is not decided. Of the four others two bought; a contact after the purchase alone would not count.
    assert (search["decided"], search["converted"], search["purchase_share"]) == (4, 2, 0.5)
    assert (search["purchase_low"], search["purchase_high"]) == (
        pytest.approx(0.150, abs=5e-4),
        pytest.approx(0.850, abs=5e-4),
    )
    assert (found["all", "help"]["decided"], found["all", "help"]["purchase_share"]) == (0, None)
    assert found["all", "display"]["purchase_share"] == 0.25
    assert (found["phones", "search"]["share"], found["(none)", "search"]["share"]) == (1, 0.8)


def test_journeys_that_are_not_mature_decide_nothing(warehouse: Warehouse) -> None:
    warehouse.journey("search@0", mature=False)
    warehouse.journey("search@0 purchase@1", "converted", mature=False)
    found = by(counted(warehouse)["touchpoint_metrics"], "touchpoint")
    assert (found["search"]["journeys"], found["search"]["decided"]) == (2, 0)


def test_a_leak_is_where_a_lost_journey_got_to_and_what_it_touched_last(warehouse: Warehouse) -> None:
    few_journeys(warehouse)
    found = by(counted(warehouse)["leaks"], "segment", "phase", "touchpoint")
    # Three dropped off: two got as far as interest, of which one stood at display last.
    at_search, at_display = found["all", "interest", "search"], found["all", "interest", "display"]
    assert [leak["dropped_off"] for leak in (at_search, at_display, found["all", "awareness", "display"])] == [1, 1, 1]
    assert (at_search["share"], found["phones", "interest", "search"]["share"]) == (pytest.approx(1 / 3), 1)
    assert at_search["cumulative_share"] == 1


def test_the_map_tells_of_each_phase_what_people_do_and_where_they_are_lost(warehouse: Warehouse) -> None:
    few_journeys(warehouse)
    rows = [row for row in counted(warehouse)["journey_map"] if row["segment"] == "all"]
    cell = {(row["phase"], row["aspect"], row["rank"]): row for row in rows}
    # Four journeys have an awareness contact and all four saw the advertisement.
    assert (cell["awareness", "contacts", 1]["item"], cell["awareness", "contacts", 1]["value"]) == ("display", 1)
    flow = {row["item"]: row["value"] for row in rows if (row["phase"], row["aspect"]) == ("interest", "flow")}
    assert flow == {
        "reached": 5, "progressed": 2, "stopped": 0, "still_open": 1, "dropped_off": 2, "drop_off_rate": 0.5,
    }  # fmt: skip


def test_the_map_says_at_which_three_touchpoints_of_a_phase_most_is_won(warehouse: Warehouse) -> None:
    warehouse.connection.execute(
        "INSERT INTO lifecycle (phase_index, phase, stage, touchpoint) VALUES (2, 'interest', 'before', 'filter'),"
        " (2, 'interest', 'before', 'compare')"
    )
    whose = {"dimension": "all", "segment": "all", "level": "touchpoint"}
    told = {"search": (4, 0.3, 30.0), "filter": (9, 0.3, 30.0), "compare": (2, 0.4, 40.0), "checkout": (0, 0.0, 0.0)}
    for state, (left, extra, revenue) in told.items():
        row = {"state": state, "left_here": left, "extra_purchases": extra, "extra_revenue": revenue}
        warehouse.add("levers", **whose, **row)
    cells = [row for row in warehouse.mart("journey_map") if row["aspect"] == "levers"]
    assert [
        (row["phase"], row["item"], row["value"], row["unit"], row["revenue"], row["journeys"]) for row in cells
    ] == [
        ("interest", "compare", 0.4, "purchases", 40, 2),
        ("interest", "filter", 0.3, "purchases", 30, 9),
        ("interest", "search", 0.3, "purchases", 30, 4),
    ]


def test_owners_share_the_contacts_of_a_phase(warehouse: Warehouse) -> None:
    warehouse.connection.execute(
        "UPDATE lifecycle SET owner = CASE touchpoint WHEN 'display' THEN 'Media' WHEN 'search' THEN 'Web' END"
    )
    # Nobody owns the article, which is a contact all the same.
    warehouse.journey("display@0 display@1 article@2 display@3 search@4")
    told = [row for row in counted(warehouse)["journey_map"] if row["aspect"] == "owners"]
    assert [(row["item"], row["value"]) for row in told] == [("Media", 0.75), ("Web", 1)]


def test_a_gap_is_told_where_somebody_can_act_and_it_is_more_than_chance(warehouse: Warehouse) -> None:
    told = {"figure": "drop_off_rate", "phase": "interest", "difference": 0.3, "is_significant": True}
    told |= {"decided": 200, "other_decided": 30}
    for dimension, segment, other in (
        ("device_category", "mobile", {}),
        ("landing_path", "/a", {"difference": 0.4, "decided": 30}),
        ("persona", "phones", {"difference": 0.1}),
        ("device_category", "desktop", {"difference": -0.3}),
        ("device_category", "tv", {"decided": 29}),
        ("device_category", "tablet", {"other_decided": 29}),
        ("channel", "Direct", {"is_significant": False}),
        ("channel", "Unassigned", {}),
        ("channel", "(not set)", {}),
        ("persona", "(none)", {}),
        ("country", "Egypt", {}),
        ("customer", "prospect", {}),
        ("browser", "Safari", {"figure": "conversion_rate", "phase": ""}),
    ):
        warehouse.add("comparisons", dimension=dimension, segment=segment, **told | other)
    warehouse.mart("journey_map")
    rows = warehouse.rows("FROM journey_map WHERE aspect = 'gaps'")
    # Of 200 mobile ones 30 points more are lost than of all others, 60 journeys.
    assert [(row["dimension"], row["item_dimension"], row["item"], row["value"], row["journeys"]) for row in rows] == [
        ("all", "device_category", "mobile", 0.3, pytest.approx(60)),
        ("all", "persona", "phones", 0.1, pytest.approx(20)),
        ("all", "landing_path", "/a", 0.4, pytest.approx(12)),
        ("persona", "persona", "phones", 0.1, pytest.approx(20)),
    ]


def test_feelings_are_told_where_there_was_a_survey_and_withheld_below_ten_answers(warehouse: Warehouse) -> None:
    base = {"dimension": "all", "segment": "all", "level": "phase"}
    told = {"answers": 10, "mean_score": 7.2, "nps": 0.2, "is_withheld": False}
    warehouse.add("sentiment", **base, state="interest", scale="nps", **told)
    warehouse.add("sentiment", **base, state="interest", scale="csat", answers=9, is_withheld=True)
    warehouse.add("sentiment", **base, state="(none)", scale="nps", answers=3, is_withheld=True)
    rows = [row for row in warehouse.mart("journey_map") if row["aspect"] == "feelings"]
    assert [(row["phase"], row["rank"], row["item"], row["value"], row["unit"]) for row in rows] == [
        ("interest", 1, "nps", 0.2, "score"),
        ("interest", 2, "nps_mean_score", 7.2, "score"),
        ("interest", 3, "answers", 10, "answers"),
        ("interest", 5, "answers_withheld", 9, "answers"),
    ]
