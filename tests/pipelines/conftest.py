"""What the tests of the first layer share."""

from contextlib import closing

import pytest

from tests.exports_by_hand import Build


@pytest.fixture
def build(tmp_path):
    with closing(Build(tmp_path)) as build:
        yield build
