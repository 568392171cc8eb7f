"""What the tests of the first layer, and of whole nights, share."""

import shutil
from contextlib import closing

import pytest

from tests.exports_by_hand import Build
from tests.nights_by_hand import Night, make_good_night


@pytest.fixture
def build(tmp_path):
    with closing(Build(tmp_path)) as build:
        yield build


@pytest.fixture(scope="session")
def good_night(tmp_path_factory):
    folder = tmp_path_factory.mktemp("good")
    make_good_night(folder)
    return folder


@pytest.fixture
def night(good_night, tmp_path, capsys, monkeypatch):
    shutil.copytree(good_night, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    capsys.readouterr()
    return Night(tmp_path, capsys, monkeypatch)
