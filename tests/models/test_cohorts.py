"""Cohorts by day and exits by page, over rows worked out by hand."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from models.tables import COHORTS, PAGE_EXITS, Table
from tests.models.mart_rows import MARTS, START, Warehouse, by


@pytest.fixture
def warehouse() -> Iterator[Warehouse]:
    made = Warehouse()
    yield made
    made.connection.close()


@pytest.mark.parametrize("table", [COHORTS, PAGE_EXITS], ids=lambda table: table.name)
def test_a_mart_gives_the_columns_of_its_contract_in_order_and_type(warehouse: Warehouse, table: Table) -> None:
    warehouse.connection.execute(f"CREATE TABLE made AS {(MARTS / f'{table.name}.sql').read_text()}")
    made = [(row["column_name"], row["column_type"]) for row in warehouse.rows("DESCRIBE made")]
    assert made == [(column.name, column.type) for column in table.columns]
    assert warehouse.mart(table.name) == []


def test_a_cohort_tells_what_became_of_the_journeys_of_its_day(warehouse: Warehouse) -> None:
    for outcome, mature, revenue, count in (
        ("converted", True, 10.1, 2),
        ("converted", False, 0.3, 1),
        ("dropped_off", True, None, 3),
        ("dropped_off", False, None, 1),
        ("open", True, None, 1),
        ("open", False, None, 4),
    ):
        for _ in range(count):
            warehouse.journey("display@0", outcome, mature=mature, revenue=revenue)
    warehouse.journey("display@0", start=START + timedelta(days=1))
    first, second = warehouse.mart("cohorts")
    assert first == {
        "day": date(2021, 1, 1),
        "journeys": 12,
        "mature_journeys": 6,
        "converted": 3,
        "dropped_off": 4,
        "still_open": 5,
        "mature_converted": 2,
        "mature_dropped_off": 3,
        "mature_still_open": 1,
        "revenue": 20.5,
    }
    assert (second["day"], second["journeys"], second["converted"], second["revenue"]) == (date(2021, 1, 2), 1, 0, None)


def days(warehouse: Warehouse, zone: str, *starts: datetime) -> dict[Any, int]:
    warehouse.connection.execute(f"UPDATE run_settings SET timezone = '{zone}'; DELETE FROM journeys")
    for start in starts:
        warehouse.journey("", start=start)
    return {row["day"]: row["journeys"] for row in warehouse.mart("cohorts")}


def test_a_day_is_the_propertys_own_also_where_its_clocks_change(warehouse: Warehouse) -> None:
    last, first = datetime(2021, 3, 28, 21, 59, 59, 999999), datetime(2021, 3, 28, 22)  # summer time since that morning
    assert days(warehouse, "Europe/Copenhagen", last, first) == {date(2021, 3, 28): 1, date(2021, 3, 29): 1}
    assert days(warehouse, "UTC", last, first) == {date(2021, 3, 28): 2}
    half = datetime(2021, 1, 1, 18, 29), datetime(2021, 1, 1, 18, 30)  # India is half an hour off
    assert days(warehouse, "Asia/Kolkata", *half) == {date(2021, 1, 1): 1, date(2021, 1, 2): 1}
    assert days(warehouse, "Asia/Kathmandu", half[0] - timedelta(minutes=15)) == {date(2021, 1, 1): 1}


def saw(warehouse: Warehouse, session: int, *pages: str | None, bought: bool = False) -> None:
    """A session that saw these pages, each once, the last of them last."""
    for number, page in enumerate(pages, 1):
        warehouse.add(
            "pages_seen", session_id=session, page_path=page, is_exit=number == len(pages), has_conversion=bought
        )


def test_pages_that_end_a_visit_by_their_nature_are_not_held_against_the_average(warehouse: Warehouse) -> None:
    for number, page in enumerate(["/privacy-policy", "/info/handelsbetingelser/", "/vilk%C3%A5r.html", "/Cookies"]):
        saw(warehouse, number, "/cart", page)
    saw(warehouse, 9, "/policy-holders/cart", "/cart")
    found = by(warehouse.mart("page_exits"), "page_path")
    told = {page for page, row in found.items() if row["lost_above_average"] is not None}
    assert told == {"/cart", "/policy-holders/cart"}
    assert found["/cart"]["lost_above_average"] == pytest.approx(1 - 5 / 6)


def test_an_exit_rate_is_over_the_sessions_that_saw_the_page(warehouse: Warehouse) -> None:
    saw(warehouse, 1, "/", "/cart")
    saw(warehouse, 2, "/cart", "/")
    saw(warehouse, 3, "/cart", "/thanks", bought=True)
    saw(warehouse, 4, "/cart", bought=True)
    saw(warehouse, 5, None)
    found = by(warehouse.mart("page_exits"), "page_path")
    counts = ("sessions", "exits", "exit_rate", "lost_exits", "lost_rate")
    assert {page: tuple(row[name] for name in counts) for page, row in found.items()} == {
        "/cart": (4, 2, 0.5, 1, 0.25),
        "/": (2, 1, 0.5, 1, 0.5),
        "/thanks": (1, 1, 1.0, 0, 0.0),
        "(not set)": (1, 1, 1.0, 1, 1.0),
    }
    assert list(found) == ["/cart", "/", "(not set)", "/thanks"]  # commonest first
    # Three of eight are lost on the average page.
    above = {page: row["lost_above_average"] for page, row in found.items()}
    assert above == {"/cart": -0.5, "/": 0.25, "(not set)": 0.625, "/thanks": -0.375}
    # Wilson, one of four: (0.25 + 0.4802 -+ 1.96 sqrt(0.1875 / 4 + 0.0600)) / 1.9604.
    ends = (found["/cart"]["lost_low"], found["/cart"]["lost_high"])
    assert ends == (pytest.approx(0.0456, abs=5e-5), pytest.approx(0.6994, abs=5e-5))
