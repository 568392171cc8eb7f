"""Figures per segment and per person: who buys again, what they are worth, what they answer."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.models.mart_rows import START, Warehouse, by


@pytest.fixture
def warehouse() -> Iterator[Warehouse]:
    made = Warehouse()
    yield made
    made.connection.close()


def session(warehouse: Warehouse, person: str, number: int, journey: int, **columns: Any) -> int:
    """A session an hour after the one before, with a conversion for each of `paid`."""
    key = len(warehouse.rows("FROM sessions")) + 1
    started = START + timedelta(hours=number)
    paid = columns.pop("paid", ())
    given = {"device_id": f"{person}-1", "is_bounce": False, "channel": f"channel {number}", **columns}
    warehouse.add(
        "sessions",
        session_id=key,
        person_id=person,
        journey_id=journey,
        session_number=number,
        started_at=started,
        ended_at=started + timedelta(minutes=5),
        **given,
    )
    for position, revenue in enumerate(paid, 1):
        warehouse.add(
            "touchpoints",
            journey_id=journey,
            person_id=person,
            session_id=key,
            position=100 * number + position,
            is_conversion=True,
            revenue=revenue,
            occurred_at=started + timedelta(minutes=position),
        )
    return key


def segment(warehouse: Warehouse, journey: int, name: str = "all", **columns: Any) -> None:
    for dimension, of in {("all", "all"), ("all" if name == "all" else "channel", name)}:
        warehouse.add("journey_segments", journey_id=journey, dimension=dimension, segment=of)
    warehouse.add("journeys", journey_id=journey, outcome="converted", **columns)


def test_conversion_is_over_mature_journeys_that_are_decided(warehouse: Warehouse) -> None:
    for outcome, mature, count in (
        ("converted", True, 1),
        ("dropped_off", True, 3),
        ("open", True, 1),
        ("converted", False, 6),
    ):
        for _ in range(count):
            warehouse.journey("display@0", outcome, mature=mature)
    row = warehouse.mart("kpis")[0]
    counts = ("journeys", "converted", "dropped_off", "still_open", "mature_journeys")
    assert [row[name] for name in counts] == [11, 7, 3, 1, 5]
    assert (row["conversion_rate"], row["open_share"]) == (0.25, 0.2)
    assert row["conversion_low"] == pytest.approx(0.0456, abs=5e-5)
    assert row["conversion_high"] == pytest.approx(0.6994, abs=5e-5)


def test_touchpoints_and_time_before_purchase_are_over_converted_journeys(warehouse: Warehouse) -> None:
    warehouse.journey("purchase@0", "converted", seconds_to_purchase=10)
    warehouse.journey("display@0 search@5 search@9 purchase@20", "converted", seconds_to_purchase=20)
    warehouse.journey("display@0")
    row = warehouse.mart("kpis")[0]
    assert (row["median_touchpoints_before_purchase"], row["mean_touchpoints_before_purchase"]) == (1.5, 1.5)
    assert row["p90_touchpoints_before_purchase"] == pytest.approx(2.7)
    assert row["median_seconds_to_purchase"] == 15


def test_a_repurchase_is_a_conversion_in_a_later_session(warehouse: Warehouse) -> None:
    segment(warehouse, 1)
    session(warehouse, "twice in one", 1, 1, paid=[5, 5])
    session(warehouse, "again", 1, 1, paid=[5])
    session(warehouse, "again", 2, 1, paid=[5])
    session(warehouse, "only back", 1, 1)
    session(warehouse, "only back", 2, 1, paid=[5])
    session(warehouse, "only back", 3, 1)
    session(warehouse, "once", 1, 1)
    session(warehouse, "once", 2, 1, paid=[5])
    session(warehouse, "never", 1, 1)
    row = warehouse.mart("kpis")[0]
    assert (row["purchasers"], row["repurchase_rate_to_date"], row["return_rate_to_date"]) == (4, 0.25, 0.5)


def test_a_person_counts_in_each_segment_they_bought_in_and_by_their_first_purchase_anywhere(
    warehouse: Warehouse,
) -> None:
    segment(warehouse, 1, "Email", revenue=30)
    segment(warehouse, 2, "Direct", revenue=50)
    session(warehouse, "ana", 1, 1, paid=[30])
    session(warehouse, "ana", 2, 2, paid=[50])
    session(warehouse, "bo", 1, 2)
    rows = by(warehouse.mart("kpis", "channel"), "segment")
    # Her purchase through Direct is not her first: seen from there she has bought again as well.
    assert [rows[name]["purchasers"] for name in ("Email", "Direct")] == [1, 1]
    assert [rows[name]["repurchase_rate_to_date"] for name in ("Email", "Direct")] == [1, 1]
    assert [rows[name]["lifetime_value_to_date"] for name in ("Email", "Direct")] == [30, 50]


def test_lifetime_value_is_revenue_per_purchaser_and_null_where_no_revenue_is_known(
    warehouse: Warehouse,
) -> None:
    segment(warehouse, 1, revenue=0.1)
    segment(warehouse, 2, revenue=0.2)
    segment(warehouse, 3, "Email")
    session(warehouse, "ana", 1, 1, paid=[0.1])
    session(warehouse, "bo", 1, 2, paid=[0.2])
    session(warehouse, "cy", 1, 3, paid=[None])
    assert (warehouse.mart("kpis")[0]["revenue"], warehouse.mart("kpis")[0]["lifetime_value_to_date"]) == (0.3, 0.3 / 3)
    email = warehouse.mart("kpis", "channel")[0]
    assert (email["purchasers"], email["revenue"], email["lifetime_value_to_date"]) == (1, None, None)


def test_bounce_rate_is_over_all_sessions_and_in_a_segment_over_those_of_its_journeys(
    warehouse: Warehouse,
) -> None:
    segment(warehouse, 1)
    warehouse.add("journey_segments", journey_id=1, dimension="channel", segment="Email")
    for number, is_bounce in enumerate([True, False, False, False], 1):
        session(warehouse, "ana", number, 1, is_bounce=is_bounce)
    session(warehouse, "bo", 1, 2, is_bounce=True)  # journey 2 has no touchpoint and is not listed
    assert warehouse.mart("kpis")[0]["bounce_rate"] == 0.4
    assert warehouse.mart("kpis", "channel")[0]["bounce_rate"] == 0.25


def test_nps_is_promoters_minus_detractors_without_csat(warehouse: Warehouse) -> None:
    segment(warehouse, 1)
    key = session(warehouse, "ana", 1, 1)
    csat = [{"key": "survey", "value": {"string_value": "csat"}}]
    nps = [{"key": "survey", "value": {"string_value": "nps"}}]
    for score, params in [(10, None), (9, nps), (8, nps), (7, None), (6, nps), (1, csat), (11, None), (None, nps)]:
        warehouse.add("events", event_name="survey_answer", session_id=key, score=score, event_params=params)
    warehouse.add("events", event_name="rating", session_id=key, score=0)
    assert warehouse.mart("kpis")[0]["nps"] == pytest.approx(1 / 5)


def test_a_person_has_devices_sessions_journeys_and_purchases(warehouse: Warehouse) -> None:
    session(warehouse, "ana", 1, 1, paid=[0.1, 0.2])
    session(warehouse, "ana", 2, 1, device_id="ana-2")
    session(warehouse, "ana", 3, 2, paid=[None])
    session(warehouse, "bo", 1, 3)
    for device, person in (("ana-1", "ana"), ("ana-2", "ana"), ("bo-1", "bo")):
        warehouse.add("devices", device_id=device, person_id=person)
    ana, bo = sorted(warehouse.mart("persons"), key=lambda row: str(row["person_id"]))
    assert list(ana.values()) == [
        "ana",
        START + timedelta(hours=1),
        START + timedelta(hours=3, minutes=5),
        2,
        3,
        2,
        3,
        0.3,
        "channel 1",
    ]
    assert (bo["purchase_count"], bo["revenue"]) == (0, None)
