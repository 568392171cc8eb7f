"""Who buys or comes again after the first purchase, and what they are worth, from people worked out by hand."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from models.tables import KPIS, REPURCHASE_CURVES
from pipelines.marts import write_repurchase_curves
from tests.models.mart_rows import AS_OF, START, Warehouse

DAY = 86400


@pytest.fixture
def warehouse() -> Iterator[Warehouse]:
    made = Warehouse()
    yield made
    made.connection.close()


def person(warehouse: Warehouse, name: str, *sessions: tuple[float, float | None], channel: str = "Email") -> None:
    """A person with sessions at so many days from START, each with a purchase worth so much, or without one."""
    key = warehouse.journey("purchase@0", "converted", segments={"channel": channel}, person_id=name)
    warehouse.connection.execute("DELETE FROM touchpoints WHERE journey_id = ?", [key])
    for number, (days, revenue) in enumerate(sessions, 1):
        at = START + timedelta(days=days)
        session = 1000 * key + number
        of = {"session_id": session, "person_id": name, "journey_id": key}
        warehouse.add("sessions", **of, session_number=number, started_at=at, ended_at=at)
        if revenue is not None:
            paid = {"position": number, "occurred_at": at, "is_conversion": True, "revenue": revenue}
            warehouse.add("touchpoints", **of, **paid)


def curve(warehouse: Warehouse, kind: str, segment: str = "all") -> list[tuple[Any, ...]]:
    """Steps of a curve: seconds, at risk, happened, watch ends."""
    warehouse.count()
    write_repurchase_curves(warehouse.connection)
    query = "FROM repurchase_curves WHERE kind = ? AND segment = ? ORDER BY seconds"
    found = warehouse.rows(query, [kind, segment])
    return [(row["seconds"], row["at_risk"], row["happened"], row["watch_ends"]) for row in found]


def shop(warehouse: Warehouse) -> None:
    """Two buy again after ten days, one a minute later than the other; three do not, watched for 10, 20 and 59 days."""
    person(warehouse, "ana", (0, 5), (10, 5))
    person(warehouse, "bo", (0, 5), (10 + 60 / DAY, 5))
    person(warehouse, "cy", (49, 5))
    person(warehouse, "dan", (0, 5))
    person(warehouse, "eve", (39, 5), (44, None), channel="Direct")


@pytest.mark.parametrize(
    ("microseconds", "rounded"),
    [
        (0, 0),
        (999, 0),
        (1000, 1000),
        (1004, 1000),
        (1005, 1010),
        (999_499, 999_000),
        (999_500, 1_000_000),
        (999_499_999_999_999, 999_000_000_000_000),
        (30 * DAY * 1_000_000, 2_590_000_000_000),
        (365 * DAY * 1_000_000, 31_500_000_000_000),
        (None, None),
    ],
)
def test_durations_have_three_digits(warehouse: Warehouse, microseconds: int | None, rounded: int | None) -> None:
    assert warehouse.rows("SELECT rounded_duration($1::BIGINT) AS value", [microseconds])[0]["value"] == rounded


def test_who_buys_again_goes_before_who_goes_out_of_watch(warehouse: Warehouse) -> None:
    # Ten days and a minute are ten days in three digits, and cy, who was watched for ten, is still at risk at them.
    shop(warehouse)
    assert curve(warehouse, "repurchase") == [(0, 5, 0, 0), (10 * DAY, 5, 2, 2), (5_100_000, 1, 0, 1)]
    shares = warehouse.rows("SELECT surviving FROM repurchase_curves WHERE kind = 'repurchase' AND dimension = 'all'")
    assert [row["surviving"] for row in shares] == pytest.approx([1, 0.6, 0.6])


def test_who_comes_again_need_not_buy(warehouse: Warehouse) -> None:
    shop(warehouse)
    assert curve(warehouse, "return") == [(0, 5, 0, 0), (5 * DAY, 5, 1, 0), (10 * DAY, 4, 2, 1), (5_100_000, 1, 0, 1)]
    assert curve(warehouse, "return", "Direct") == [(0, 1, 0, 0), (5 * DAY, 1, 1, 0)]
    assert curve(warehouse, "repurchase", "Direct") == [(0, 1, 0, 0), (1_730_000, 1, 0, 1)]


def test_horizons_read_the_curve_and_are_null_beyond_it(warehouse: Warehouse) -> None:
    shop(warehouse)
    curve(warehouse, "repurchase")
    row = warehouse.mart("kpis")[0]
    assert [row["repurchase_30d"], row["return_30d"]] == pytest.approx([0.4, 0.6])
    assert [row[f"{kind}_{days}d"] for kind in ("repurchase", "return") for days in (90, 365)] == [None] * 4
    assert (row["purchasers"], row["repurchase_rate_to_date"], row["return_rate_to_date"]) == (5, 0.4, 0.6)
    rows = {row["segment"]: row for row in warehouse.mart("kpis", "channel")}
    # Everybody of the segment came again, so that nobody can be left at any later time.
    assert [rows["Direct"][f"return_{days}d"] for days in (30, 90, 365)] == [1, 1, 1]
    assert rows["Direct"]["repurchase_30d"] is None


def test_nothing_takes_longer_than_until_as_of_or_less_than_nothing(warehouse: Warehouse) -> None:
    days = (AS_OF - START).days
    person(warehouse, "late", (days - 1, 5), (days + 1, 5))
    person(warehouse, "later", (days + 1, 5), (days + 1.5, None))
    person(warehouse, "at once", (3, 5), (2.9, None))
    assert curve(warehouse, "repurchase") == [(0, 3, 0, 1), (DAY, 2, 1, 0), (4_840_000, 1, 0, 1)]
    assert curve(warehouse, "return") == [(0, 3, 2, 0), (DAY, 1, 1, 0)]


def test_purchases_of_one_session_are_no_repurchase(warehouse: Warehouse) -> None:
    person(warehouse, "ana", (49, 5))
    first = warehouse.rows("FROM touchpoints")[0]
    warehouse.add("touchpoints", **first | {"position": 2, "occurred_at": START + timedelta(days=49.01)})
    assert curve(warehouse, "repurchase") == [(0, 1, 0, 0), (10 * DAY, 1, 0, 1)]


def test_lifetime_value_is_over_those_watched_so_long_with_its_interval(warehouse: Warehouse) -> None:
    # Nine are worth 10 to 90, and one 100 and, after thirty days to the microsecond, 50 more: 60 at the mean. They are
    # off it by squares of 15,000 in all, so that the interval is 2.2622 x sqrt(15,000 / 9 / 10) = 29.204 to each side.
    for worth in range(10, 100, 10):
        person(warehouse, f"p{worth}", (0, worth))
    person(warehouse, "p100", (1, 100), (31, 50), (31.5, 7))
    person(warehouse, "too late", (40, 1000), channel="Direct")
    row = warehouse.mart("kpis")[0]
    assert row["lifetime_value_30d"] == 60
    assert row["lifetime_value_30d_low"] == pytest.approx(30.796, abs=1e-3)
    assert row["lifetime_value_30d_high"] == pytest.approx(89.204, abs=1e-3)
    assert [row[f"lifetime_value_{of}"] for of in ("90d", "90d_low", "365d", "365d_high")] == [None] * 4
    rows = {row["segment"]: row for row in warehouse.mart("kpis", "channel")}
    assert (rows["Email"]["lifetime_value_30d"], rows["Direct"]["lifetime_value_30d"]) == (60, None)


def test_lifetime_value_of_few_has_no_interval_and_of_unknown_worth_is_null(warehouse: Warehouse) -> None:
    person(warehouse, "ana", (0, 6), (1, 8))
    person(warehouse, "bo", (0, 1))
    warehouse.connection.execute("UPDATE touchpoints SET revenue = NULL WHERE person_id = 'bo'")
    row = warehouse.mart("kpis")[0]
    assert (row["lifetime_value_30d"], row["lifetime_value_30d_low"]) == (7, None)
    warehouse.connection.execute("UPDATE touchpoints SET revenue = NULL")
    assert warehouse.mart("kpis")[0]["lifetime_value_30d"] is None


def test_a_step_opens_into_the_purchases_of_its_people(warehouse: Warehouse) -> None:
    shop(warehouse)
    curve(warehouse, "repurchase")
    warehouse.mart("kpis")
    calls = {
        "'kpis', figure := 'return_90d'": ["ana", "bo", "cy", "dan", "eve"],
        "'kpis', figure := 'repurchase_rate_to_date', dimension := 'channel', segment := 'Direct'": ["eve"],
        "'kpis', figure := 'lifetime_value_30d'": ["ana", "bo", "dan"],
        "'repurchase_curves'": ["ana", "bo", "cy", "dan", "eve"],
        "'repurchase_curves', seconds := 864000": ["ana", "bo", "cy", "dan", "eve"],
        "'repurchase_curves', seconds := 864000, figure := 'happened'": ["ana", "bo"],
        "'repurchase_curves', seconds := 5100000": ["dan"],
        "'repurchase_curves', kind := 'return', seconds := 432000, figure := 'happened'": ["eve"],
        "'repurchase_curves', kind := 'return', seconds := 864000, dimension := 'channel', segment := 'Email'": [
            *("ana", "bo", "cy", "dan"),
        ],
    }
    for call, people in calls.items():
        found = warehouse.rows(f"FROM drill({call}) ORDER BY person_id")
        assert [row["person_id"] for row in found] == people, call


def test_the_marts_give_the_columns_of_their_contracts(warehouse: Warehouse) -> None:
    assert curve(warehouse, "return") == []
    assert list(warehouse.connection.sql("FROM repurchase_curves").columns) == REPURCHASE_CURVES.column_names
    assert list(warehouse.mart("kpis")[0]) == KPIS.column_names
