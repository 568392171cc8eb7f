"""What the tests of the first layer, and of whole nights, share."""

import shutil
import sys
from contextlib import closing

import pytest

from tests.exports_by_hand import Build
from tests.nights_by_hand import Night, make_good_night
from tests.reports_by_hand import Shop, make_shop
from tests.servers_by_hand import authority, serve, servers, trusted, webhook

__all__ = ["authority", "build", "good_night", "night", "serve", "servers", "shop", "trusted", "webhook"]


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


@pytest.fixture(scope="session")
def made_shop(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shop")
    make_shop(folder)
    return folder


@pytest.fixture
def shop(made_shop, tmp_path, capsys, monkeypatch):
    shutil.copytree(made_shop, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    capsys.readouterr()
    return Shop(tmp_path, capsys, monkeypatch)


@pytest.fixture
def no_driver(monkeypatch):
    """A machine where the driver of the browser is not installed."""
    monkeypatch.setitem(sys.modules, "choreographer", None)
