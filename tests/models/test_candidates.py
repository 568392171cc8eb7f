"""How unmatched events are put together for suggestions, on rows worked out by hand."""

from collections.abc import Iterator
from typing import Any

import pytest

from models.sql import read_sql
from tests.models.mart_rows import Warehouse

COLUMNS = "event_name, page_group, is_whole, events, page_count, pages, sessions"


@pytest.fixture
def warehouse() -> Iterator[Warehouse]:
    made = Warehouse()
    for key in range(10):
        made.add("sessions", session_id=key, event_count=10)
    yield made
    made.connection.close()


def events(warehouse: Warehouse, name: str, path: str | None, *sessions: int, recognised: int = 0) -> None:
    """An event that no rule recognises in each of these sessions, and so many more that one does."""
    for _ in range(len(sessions) + recognised):
        warehouse.add("events", event_name=name, page_path=path, device_id="a")
    for key in dict.fromkeys(sessions):
        row = {"session_id": key, "event_name": name, "page_path": path, "events": sessions.count(key)}
        warehouse.add("unmatched_sessions", **row)


def candidates(warehouse: Warehouse) -> list[tuple[Any, ...]]:
    warehouse.mart("unmatched")
    found = warehouse.rows(f"SELECT {COLUMNS} FROM ({read_sql('suggestions/candidates')})")
    return [tuple(row.values()) for row in found]


def test_an_event_is_a_candidate_by_its_name_wherever_it_happens(warehouse: Warehouse) -> None:
    events(warehouse, "popup", "/a", 1, 1, 2)
    events(warehouse, "popup", None, 2, 3)
    assert candidates(warehouse) == [("popup", None, True, 5, 2, ["/a", None], 3)]


def test_a_name_of_which_a_rule_recognises_some_is_no_candidate(warehouse: Warehouse) -> None:
    events(warehouse, "form_submit", "/a", 1, 2)
    events(warehouse, "form_submit", "/contact", recognised=1)
    assert candidates(warehouse) == []


def test_page_views_are_candidates_by_the_first_folder_and_a_language_is_none(warehouse: Warehouse) -> None:
    for path, sessions in {"/eco": [1], "/eco/": [1], "/eco/b.html": [2], "/ecology": [3]}.items():
        events(warehouse, "page_view", path, *sessions)
    for path in ("/da/om", "/da/om/os", "/en-GB/om"):
        events(warehouse, "page_view", path, 4)
    assert [(group, whole, count, pages) for _, group, whole, count, pages, *_ in candidates(warehouse)] == [
        ("/eco", True, 3, 3),
        ("/da/om", True, 2, 2),
        ("/ecology", True, 1, 1),
        ("/en-GB/om", True, 1, 1),
    ]


def test_a_group_with_something_recognised_is_told_by_its_other_pages(warehouse: Warehouse) -> None:
    events(warehouse, "page_view", "/shop/a", 1)
    events(warehouse, "page_view", "/shop/b", 1, 2, 3)
    events(warehouse, "page_view", "/shop/cart", 5, recognised=1)
    assert candidates(warehouse) == [("page_view", "/shop", False, 4, 2, ["/shop/b", "/shop/a"], 3)]


@pytest.mark.parametrize("front", ["/", "/da", "/da/", "/nb-NO"])
def test_the_front_page_is_told_alone_for_all_others_lie_below_it(warehouse: Warehouse, front: str) -> None:
    events(warehouse, "page_view", front, 1)
    [(_, _, is_whole, _, _, pages, _)] = candidates(warehouse)
    assert (is_whole, pages) == (False, [front])


def test_of_a_group_that_is_not_whole_the_commonest_twenty_pages_are_told(warehouse: Warehouse) -> None:
    events(warehouse, "page_view", "/p/cart", recognised=1)
    for number in range(10, 35):
        events(warehouse, "page_view", f"/p/{number}", *([1] * (2 if number > 30 else 1)))
    [(_, _, is_whole, count, page_count, pages, sessions)] = candidates(warehouse)
    assert (is_whole, count, page_count, sessions) == (False, 4 * 2 + 16, 20, 1)
    assert pages == [f"/p/{number}" for number in (31, 32, 33, 34, *range(10, 26))]


def test_page_views_without_a_page_and_events_that_cannot_be_followed_are_none(warehouse: Warehouse) -> None:
    events(warehouse, "page_view", None, 1)
    warehouse.add("events", event_name="popup", page_path="/a")
    assert candidates(warehouse) == []
