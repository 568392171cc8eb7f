"""What all tests share: no run goes on when a test is over."""

import pytest

from pipelines.locking import free_locks


@pytest.fixture(autouse=True)
def _no_run_goes_on():
    yield
    free_locks()
