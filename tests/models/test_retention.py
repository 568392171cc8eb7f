"""The macro `retention`, worked out by hand: cohorts of local days, weeks and months, and periods that are not over."""

from collections.abc import Iterator
from datetime import date, datetime

import duckdb
import pytest

from tests.models.mart_rows import Warehouse


@pytest.fixture
def warehouse() -> Iterator[Warehouse]:
    """Loaded up to and with Wednesday, 20 January 2021, in Tokyo: nine hours before UTC."""
    made = Warehouse()
    made.connection.execute("UPDATE run_settings SET as_of = TIMESTAMP '2021-01-20 15:00', timezone = 'Asia/Tokyo'")
    visits = {
        "ana": ["2021-01-04 12:00", "2021-01-04 18:00", "2021-01-12 12:00", "2021-01-19 12:00"],
        "bo": ["2021-01-10 14:59", "2021-01-10 15:00"],  # Sunday's last minute in Tokyo, and Monday's first
        "eve": ["2021-01-11 12:00"],
    }
    for person, times in visits.items():
        for time in times:
            has_bought = person == "bo" and time.endswith("15:00")
            made.add("sessions", person_id=person, started_at=datetime.fromisoformat(time), has_conversion=has_bought)
    yield made
    made.connection.close()


COLUMNS = ("cohort", "period_number", "persons", "returned", "purchasers", "is_over", "returned_share")


def test_who_came_again_is_counted_by_local_weeks_that_are_over(warehouse: Warehouse) -> None:
    rows = warehouse.rows("FROM retention('week')")
    assert [tuple(row[name] for name in COLUMNS) for row in rows] == [
        (date(2021, 1, 4), 0, 2, 2, 0, True, 1),
        (date(2021, 1, 4), 1, 2, 2, 1, True, 1),
        (date(2021, 1, 4), 2, 2, 1, 0, False, None),  # the week of 18 January ends after as_of
        (date(2021, 1, 11), 0, 1, 1, 0, True, 1),
        (date(2021, 1, 11), 1, 1, 0, 0, False, None),
    ]
    assert rows[2]["returned_low"] is None


def test_days_are_those_of_the_property(warehouse: Warehouse) -> None:
    rows = [row for row in warehouse.rows("FROM retention('day')") if row["cohort"] == date(2021, 1, 10)]
    assert [(row["period_number"], row["returned"], row["is_over"]) for row in rows[:3]] == [
        (0, 1, True),
        (1, 1, True),
        (2, 0, True),
    ]
    assert (len(rows), rows[-1]["is_over"], rows[2]["returned_share"]) == (11, True, 0)
    # Nobody out of one: 0 to 3.84 / 4.84.
    assert (rows[2]["returned_low"], round(rows[2]["returned_high"], 4)) == (0, 0.7935)


def test_a_month_that_is_not_over_has_no_share(warehouse: Warehouse) -> None:
    [row] = warehouse.rows("FROM retention('month')")
    assert (row["cohort"], row["persons"], row["is_over"], row["returned_share"]) == (date(2021, 1, 1), 3, False, None)


def test_another_period_is_said_to_be_none(warehouse: Warehouse) -> None:
    with pytest.raises(duckdb.InvalidInputException, match="period is 'year'; it is one of day, week and month"):
        warehouse.rows("FROM retention('year')")
