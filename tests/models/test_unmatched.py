"""What no rule recognises, by name and page: on rows worked out by hand."""

from collections.abc import Iterator
from typing import Any

import pytest

from models.tables import UNMATCHED
from tests.models.mart_rows import MARTS, Warehouse


@pytest.fixture
def warehouse() -> Iterator[Warehouse]:
    made = Warehouse()
    yield made
    made.connection.close()


def unmatched(warehouse: Warehouse, session: int, name: str, path: str | None, events: int) -> None:
    warehouse.add("unmatched_sessions", session_id=session, event_name=name, page_path=path, events=events)


def told(warehouse: Warehouse) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in warehouse.mart("unmatched")]


def test_the_mart_gives_the_columns_of_its_contract_in_order_and_type(warehouse: Warehouse) -> None:
    warehouse.connection.execute(f"CREATE TABLE made AS {(MARTS / 'unmatched.sql').read_text()}")
    made = [(row["column_name"], row["column_type"]) for row in warehouse.rows("DESCRIBE made")]
    assert made == [(column.name, column.type) for column in UNMATCHED.columns]


def test_shares_are_of_all_followed_events_and_of_all_sessions_and_the_commonest_come_first(
    warehouse: Warehouse,
) -> None:
    for key, events in enumerate((10, 6, 4), 1):
        warehouse.add("sessions", session_id=key, event_count=events)
    for session, events in ((1, 2), (2, 2), (3, 1)):
        unmatched(warehouse, session, "scroll", "/a", events)
    unmatched(warehouse, 1, "popup", None, 1)
    unmatched(warehouse, 3, "popup", None, 1)
    unmatched(warehouse, 1, "scroll", "/b", 2)
    assert told(warehouse) == [
        ("scroll", "/a", 5, 0.25, 3, 1.0, True),
        ("popup", None, 2, 0.1, 2, 2 / 3, False),
        ("scroll", "/b", 2, 0.1, 1, 1 / 3, True),
    ]


def test_nothing_unmatched_and_nothing_loaded_are_no_rows(warehouse: Warehouse) -> None:
    assert told(warehouse) == []
