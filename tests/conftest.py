"""What all tests share: no run goes on when a test is over, and the long files come first."""

from pathlib import Path

import pytest

from pipelines.locking import free_locks

LONG = (
    "test_nights_equal_a_rebuild",
    "test_lifecycles",
    "test_equals_reference",
    "test_bad_input",
    "test_delivery",
    "test_status",
    "test_crashes",
    "test_spark",
    "test_real_days_in_any_order",
    "test_suggesting",
    "test_feeds",
    "test_published_sample",
    "test_real_figures",
    "test_unchecked",
)
"""The files that take longest. Processes take whole files in order: one that begins late has the others wait for it."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = {name: place for place, name in enumerate(LONG)}
    items.sort(key=lambda item: places.get(Path(item.path).stem, len(LONG)))


@pytest.fixture(autouse=True)
def _no_run_goes_on():
    yield
    free_locks()
