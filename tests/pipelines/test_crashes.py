"""A night that is killed or finds no room, at any moment: analysts see a whole version, and the next one mends all."""

import os
import random
import signal
import time
from contextlib import closing

import duckdb
import pytest

from models.settings import Settings
from models.tables import COUNTED
from pipelines.cli.app import console
from pipelines.cli.sampling import make_sample
from pipelines.locking import holder
from pipelines.places import build_path
from tests.launcher import Launcher
from tests.nights_by_hand import FAILURE

SETTINGS = """
exports = "exports"
database = "made/sojourn.duckdb"
reports = "made/reports"
timezone = "Europe/Copenhagen"
batch_rows = 500
vanished_days = "drop"
shrunken_days = "load"
"""
OWN_TIMES = ("loaded_at", "file_state")
HISTORY = ("restatements", *(table.name for table in COUNTED))
"""Tables that tell of the nights themselves, or number things in the order in which they came."""
FINGERPRINT = "SELECT count(*), sum(hash({columns})::HUGEINT) FROM {table}"


STOPPED = 130


class Shop:
    """A folder in which nights are run over exports that change from night to night."""

    def __init__(self, folder):
        self.folder = folder
        self.database = folder / "made" / "sojourn.duckdb"
        self.settings = Settings(database=self.database)
        self.exports, self.other = folder / "exports", folder / "other"
        (folder / "sojourn.toml").write_text(SETTINGS)
        make_sample(self.exports, 6, 120, 1, "parquet", console())
        days = sorted(self.exports.glob("events_*.parquet"))
        self.rewritten, self.last = days[-3].name, days[-1].name
        self.other.mkdir()
        duckdb.execute(f"COPY (FROM '{days[-3]}' LIMIT 40) TO '{self.other / self.rewritten}'")
        self.launcher = Launcher(folder)
        self.seconds = 0.0

    def change(self):
        """Rewrite a day, and let the last one come or go."""
        there, aside = self.exports / self.last, self.other / self.last
        if there.exists():
            there.rename(aside)
        else:
            aside.rename(there)
        (self.exports / self.rewritten).rename(self.other / "aside")
        (self.other / self.rewritten).rename(self.exports / self.rewritten)
        (self.other / "aside").rename(self.other / self.rewritten)

    def run(self):
        """A whole night; what analysts see then. It is timed from the moment it holds the lock."""
        pid = self.begin()
        began = time.perf_counter()
        assert self.launcher.end() == (0, ""), pid
        self.seconds = time.perf_counter() - began
        return self.seen()

    def begin(self, limit=None):
        """Start a night, and wait until it writes."""
        pid = self.launcher.start(limit)
        while holder(self.settings) != pid:
            time.sleep(0.002)
        return pid

    def seen(self):
        """What analysts see: of every table how many rows, and a sum of what they hold."""
        with duckdb.connect(self.database, read_only=True) as connection:
            tables = connection.execute(
                "SELECT table_name, list(column_name ORDER BY column_index) FROM duckdb_columns()"
                " WHERE NOT internal GROUP BY ALL"
            ).fetchall()
            return {
                table: connection.execute(
                    FINGERPRINT.format(
                        table=table, columns=", ".join(f'"{one}"' for one in columns if one not in OWN_TIMES)
                    )
                ).fetchone()
                for table, columns in tables
                if table not in HISTORY
            }


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    shop = Shop(tmp_path_factory.mktemp("shop"))
    with closing(shop.launcher):
        yield shop


@pytest.fixture(scope="module")
def versions(shop):
    """What analysts see of the exports before and after a change, each from a night that nothing disturbed."""
    second = shop.run()
    shop.change()
    first = shop.run()
    assert first != second
    return first, second


KILLS = [3, pytest.param(100, marks=[pytest.mark.slow, pytest.mark.timeout(3600)])]


@pytest.mark.parametrize("kills", KILLS, ids="{} kills".format)
def test_after_a_kill_at_any_moment_a_whole_version_shows_and_the_next_night_mends_all(shop, versions, kills):
    chance, moments, killed = random.Random(kills), [], 0
    before, after = sorted(versions, key=lambda version: version != shop.seen())
    while killed < kills:
        shop.change()
        pid = shop.begin()
        moments.append(chance.uniform(0, shop.seconds))
        time.sleep(moments[-1])
        killed += shop.launcher.kill(pid)
        assert shop.seen() in (before, after), moments
        assert shop.run() == after, moments
        before, after = after, before


@pytest.mark.parametrize("share", [0.6, pytest.param(0.1, marks=pytest.mark.slow)])
def test_a_night_that_finds_no_room_leaves_all_as_it_was_and_the_next_mends_all(shop, versions, share):
    before = shop.seen()
    shop.change()
    shop.launcher.start(limit=int(build_path(shop.settings).stat().st_size * share))
    code, errors = shop.launcher.end()
    assert (code, errors.count("\n")) == (FAILURE, 1), errors
    assert shop.seen() == before
    assert shop.run() in versions
    assert shop.seen() != before


@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM], ids=["keyboard", "signal"])
def test_a_night_that_is_told_to_stop_says_so_and_the_next_mends_all(shop, versions, told):
    before = shop.seen()
    shop.change()
    pid = shop.begin()
    time.sleep(shop.seconds / 3)
    os.kill(pid, told)
    code, errors = shop.launcher.end()
    assert (code, errors.count("\n")) == (STOPPED, 1), errors
    assert errors.startswith("error: stopped")
    assert shop.seen() == before
    assert shop.run() in versions
