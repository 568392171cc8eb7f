"""Curves of dwell from stays worked out by hand: steps, roundings, and what leaves the watch."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from models.tables import DWELL_CURVES
from pipelines.marts import write_dwell_curves
from tests.models.mart_rows import AS_OF, START, Warehouse
from tests.models.test_marts import KaplanMeierFitter
from tests.reference.statistics import counted_seconds


@pytest.fixture
def warehouse() -> Iterator[Warehouse]:
    made = Warehouse()
    yield made
    made.connection.close()


def curves(warehouse: Warehouse, segment: str = "all", phase: str = "interest") -> list[dict[str, Any]]:
    warehouse.count()
    write_dwell_curves(warehouse.connection)
    return warehouse.rows(
        "SELECT * FROM dwell_curves WHERE segment = ? AND phase = ? ORDER BY seconds", [segment, phase]
    )


def stays(warehouse: Warehouse, told: list[tuple[float, bool]], segments: dict[str, str] | None = None) -> None:
    """Stays in phase interest of so many seconds, left or out of watch: each in a journey of its own."""
    for seconds, has_moved in told:
        key = warehouse.journey("", "dropped_off", segments=segments)
        end = START + timedelta(seconds=seconds)
        warehouse.stay(key, 1, "interest", START, end if has_moved else None)
        warehouse.connection.execute("UPDATE stays SET watched_until = ? WHERE journey_id = ?", [end, key])


def test_a_duration_is_counted_by_three_digits_half_up(warehouse: Warehouse) -> None:
    told = {
        0: 0,
        999: 0,
        1000: 1000,
        1234: 1230,
        1235: 1240,
        99_949: 99_900,
        99_950: 100_000,
        2_595_000_000_000: 2_600_000_000_000,
    }
    assert {us: warehouse.value(f"rounded_duration({us})") for us in told} == told


def test_who_moves_goes_before_who_goes_out_of_watch_and_everybody_goes_once(warehouse: Warehouse) -> None:
    # One of six stays is watched for 5 s, at 10 s one is left and one goes out of watch, at 100 s two are left, and one
    # is watched for 1000 s. So of the five at risk at 10 s one moves, and of the three at 100 s two.
    stays(warehouse, [(5, False), (10, True), (10, False), (100, True), (100, True), (1000, False)])
    told = [(row["at_risk"], row["moved"], row["watch_ends"]) for row in curves(warehouse)]
    assert told == [(6, 0, 1), (5, 1, 1), (3, 2, 0), (1, 0, 1)]
    rows = curves(warehouse)
    assert [row["seconds"] for row in rows] == [0, 10, 100, 1000]
    assert [row["surviving"] for row in rows] == pytest.approx([1, 4 / 5, 4 / 15, 4 / 15])


def test_a_curve_is_that_of_lifelines_over_rounded_times(warehouse: Warehouse) -> None:
    told = [(0.9 * 1.37**number, number % 3 > 0) for number in range(40)]
    stays(warehouse, told)
    rounded = [counted_seconds(seconds) for seconds, _ in told]
    fitted = KaplanMeierFitter().fit(rounded, [has_moved for _, has_moved in told])
    expected = fitted.survival_function_.join(fitted.confidence_interval_survival_function_)
    rows = curves(warehouse)
    assert len(rows) == 1 + sum(has_moved for _, has_moved in told) + 1  # the last is the end of a watch
    for row in rows[1:]:
        ends = (row["surviving"], row["surviving_low"], row["surviving_high"])
        assert ends == pytest.approx(tuple(expected.loc[row["seconds"]]), abs=1e-6)


def test_a_watch_that_still_runs_is_as_long_as_it_is_by_now(warehouse: Warehouse) -> None:
    key = warehouse.journey("", "open", closed=False)
    warehouse.stay(key, 1, "interest", AS_OF - timedelta(seconds=60), None)
    assert [(row["seconds"], row["at_risk"], row["watch_ends"]) for row in curves(warehouse)] == [
        (0, 1, 0),
        (60, 1, 1),
    ]


def test_curves_are_of_few_dimensions_and_of_phases_that_have_a_stay(warehouse: Warehouse) -> None:
    segments = {"persona": "phones", "customer": "prospect", "device_category": "mobile", "country": "Denmark"}
    stays(warehouse, [(1, True)], segments)
    curves(warehouse)
    of = warehouse.rows("SELECT DISTINCT dimension, segment, phase FROM dwell_curves ORDER BY ALL")
    assert [(row["dimension"], row["phase"]) for row in of] == [
        (dimension, "interest") for dimension in ("all", "customer", "device_category", "persona")
    ]


def test_the_mart_gives_the_columns_of_its_contract_and_nobody_no_row(warehouse: Warehouse) -> None:
    assert curves(warehouse) == []
    assert list(warehouse.connection.sql("FROM dwell_curves").columns) == DWELL_CURVES.column_names
