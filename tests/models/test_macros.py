"""The macros that marts and analysts share: params, Wilson intervals, sums without order."""

import random
from collections.abc import Iterator
from typing import Any

import pytest

from models.tables import TABLES
from tests.models.mart_rows import Warehouse

PARAMS_TYPE = next(column.type for column in TABLES["events"].columns if column.name == "event_params")


@pytest.fixture
def warehouse() -> Iterator[Warehouse]:
    made = Warehouse()
    yield made
    made.connection.close()


# Newcombe, Statistics in Medicine 17 (1998), table I, method 3.
@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_intervals_are_the_published_ones(warehouse: Warehouse, k: int, n: int, low: float, high: float) -> None:
    assert round(warehouse.value(f"wilson_low({k}, {n})"), 4) == low
    assert round(warehouse.value(f"wilson_high({k}, {n})"), 4) == high


def test_wilson_of_all_ends_at_one_and_of_nothing_is_null(warehouse: Warehouse) -> None:
    assert warehouse.value("wilson_high(7, 7)") == 1
    assert warehouse.value("wilson_low(0, 0)") is None
    assert warehouse.value("wilson_high(NULL, NULL)") is None


PARAMS = "[{'key': 'a', 'value': {'string_value': %s, 'int_value': %s, 'float_value': %s, 'double_value': %s}}]"


@pytest.mark.parametrize(
    ("values", "text", "number"),
    [
        (("'x'", "1", "NULL", "NULL"), "x", 1),
        (("NULL", "7", "NULL", "2.5"), "7", 7),
        (("NULL", "NULL", "1.5", "2.5"), "2.5", 2.5),
        (("' 12.5 '", "NULL", "NULL", "NULL"), " 12.5 ", 12.5),
        (("'ten'", "NULL", "NULL", "NULL"), "ten", None),
    ],
)
def test_a_param_reads_as_text_or_number(warehouse: Warehouse, values: tuple[str, ...], text: str, number: Any) -> None:
    params = f"{PARAMS % values}::{PARAMS_TYPE}"
    assert warehouse.value(f"param_text({params}, 'a')") == text
    assert warehouse.value(f"param_text({params}, 'b')") is None
    assert warehouse.value(f"param_number({params}, 'a')") == number


def test_sums_of_money_do_not_hang_on_the_order_of_rows(warehouse: Warehouse) -> None:
    amounts = [0.1, 1e9, 0.2, -1e9, 0.3] * 20
    for seed in range(3):
        random.Random(seed).shuffle(amounts)
        listed = ", ".join(map(str, amounts))
        assert warehouse.value(f"(SELECT exact_sum(a::DOUBLE) FROM unnest([{listed}]) t(a))") == 12.0
