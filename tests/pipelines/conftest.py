"""What the tests of the first layer, and of whole nights, share."""

import sys
from contextlib import closing

import duckdb
import pytest

from pipelines.cli.app import main
from pipelines.report.rendering import Reader, read_report
from tests.browsing import browsing
from tests.exports_by_hand import Build
from tests.nights_by_hand import Night, copy_night, make_good_night
from tests.published_shop import publish_shop, settings_of_shop
from tests.reading import shown_by
from tests.reports_by_hand import Shop, make_shop
from tests.servers_by_hand import authority, raw_server, serve, servers, trusted, webhook
from tests.shops import shared

__all__ = ["authority", "build", "good_night", "night", "raw_server", "serve", "servers", "shop", "trusted", "webhook"]


@pytest.fixture
def build(tmp_path):
    with closing(Build(tmp_path)) as build:
        yield build


@pytest.fixture(scope="session")
def good_night(tmp_path_factory):
    return shared(tmp_path_factory, "good-night", make_good_night)


@pytest.fixture
def night(good_night, tmp_path, capsys, monkeypatch):
    copy_night(good_night, tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    capsys.readouterr()
    return Night(tmp_path, capsys, monkeypatch)


@pytest.fixture
def status(night):
    """A way to ask for the status of the night's database: its lines, by what they tell of."""
    (night.folder / "sojourn.toml").write_text(
        'exports = "exports"\ndatabase = "made/sojourn.duckdb"\nreports = "made/reports"\n'
    )

    def ask():
        night.monkeypatch.setattr(sys, "argv", ["sojourn", "status"])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = night.capsys.readouterr()
        assert (ended.value.code or 0, err) == (0, "")
        return {line[:14].strip(): line[14:] for line in out.splitlines()}

    return ask


@pytest.fixture(scope="session")
def made_shop(tmp_path_factory):
    return shared(tmp_path_factory, "shop-of-reports", make_shop)


@pytest.fixture
def shop(made_shop, tmp_path, capsys, monkeypatch):
    copy_night(made_shop, tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    capsys.readouterr()
    return Shop(tmp_path, capsys, monkeypatch)


@pytest.fixture
def no_driver(monkeypatch):
    """A machine where the driver of the browser is not installed."""
    monkeypatch.setitem(sys.modules, "choreographer", None)


@pytest.fixture
def live(monkeypatch):
    """Whatever was loaded counts as loaded soon after it."""
    monkeypatch.setattr("pipelines.standing.LIVE_DAYS", 100_000)


@pytest.fixture(scope="session")
def published_shop(tmp_path_factory):
    """The settings of a published file."""
    return settings_of_shop(shared(tmp_path_factory, "published-shop", publish_shop))


@pytest.fixture(scope="session")
def published(published_shop):
    """What the published file answers to a query."""
    with duckdb.connect(published_shop.database, read_only=True) as connection:
        yield lambda query: connection.execute(query).fetchall()


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    with browsing(tmp_path_factory.mktemp("browser")) as browser:
        yield browser


@pytest.fixture(scope="session")
def shown(published_shop, browser, tmp_path_factory):
    """The page of the shop as a browser shows it."""
    return shown_by(browser, read_report(published_shop, Reader()).page, tmp_path_factory.mktemp("page") / "page.html")
