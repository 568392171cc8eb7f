"""Two runs at once: the second waits its turn or ends with one line; never two writers."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from threading import Thread

import pytest

from models.settings import Settings
from pipelines.cli.app import main
from pipelines.locking import LockedError, holder, is_running, run_lock, take_lock
from pipelines.warehouse import open_build
from tests.exports_by_hand import row, write
from tests.nights_by_hand import FAILURE, NEXT, SECONDS

ROOT = Path(__file__).parents[2]
PATIENCE = 280
"""Seconds that are waited for what comes as soon as the machine has time for it; only a failure takes as long."""
HOLD = """
import sys
from models.settings import Settings
from pipelines.warehouse import open_build
with open_build(Settings(database=sys.argv[1])):
    pass
print("the file is closed again", flush=True)
input()
"""


class Run:
    """A run in a process of its own that is between two assets: it has opened the build file and closed it again."""

    def __init__(self, database):
        self.process = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(database)],
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout.readline()

    @property
    def pid(self):
        return self.process.pid

    def end(self):
        self.process.communicate("\n", timeout=PATIENCE)

    def kill(self):
        os.kill(self.pid, signal.SIGKILL)
        self.process.communicate(timeout=PATIENCE)


@pytest.fixture
def start():
    runs = []

    def start(database):
        runs.append(Run(database))
        return runs[-1]

    yield start
    for run in runs:
        if run.process.poll() is None:
            run.kill()


@pytest.fixture
def settings(tmp_path):
    return Settings(database=tmp_path / "made" / "sojourn.duckdb", lock_wait="1s")


def test_a_run_holds_the_database_between_its_assets_too(settings, start):
    run = start(settings.database)
    told = []
    with pytest.raises(LockedError) as error:
        take_lock(settings, told.append)
    assert told == [
        f"{settings.database} is being written by another run (process {run.pid}); waiting for it, at most 1 seconds"
    ]
    assert str(error.value) == (
        f"{settings.database} is still being written by another run (process {run.pid}) after 1 seconds;"
        " wait for that run to end, or stop it, and run again"
    )
    assert (error.value.exit_code, error.value.is_transient) == (1, True)
    with pytest.raises(LockedError), open_build(settings):
        pass


def test_a_run_whose_turn_comes_in_time_goes_on(settings, start):
    run = start(settings.database)
    ends = Thread(target=run.end)
    take_lock(settings.model_copy(update={"lock_wait": settings.lock_wait * PATIENCE}), lambda _: ends.start())
    ends.join()
    with open_build(settings) as connection:
        assert connection.execute("SELECT count(*) FROM events").fetchall() == [(0,)]
    assert holder(settings) == os.getpid()


def test_a_run_that_is_killed_leaves_nothing_to_clean_up(settings, start):
    start(settings.database).kill()
    take_lock(settings, pytest.fail)


def test_a_process_that_holds_the_lock_takes_it_again_without_waiting(settings):
    with run_lock(settings, pytest.fail):
        for _ in range(2):
            take_lock(settings, pytest.fail)
            with open_build(settings):
                pass


def test_the_lock_is_free_when_the_run_is_over(settings, start):
    with run_lock(settings), open_build(settings):
        pass
    start(settings.database)


def test_another_database_in_the_same_folder_is_no_hindrance(settings, start):
    start(settings.database)
    take_lock(settings.model_copy(update={"database": settings.database.with_name("other.duckdb")}), pytest.fail)


def test_whether_a_run_goes_on_is_told_without_standing_in_its_way(settings, start):
    assert is_running(settings) is False
    assert not settings.database.parent.exists()
    run = start(settings.database)
    assert is_running(settings) is True
    assert holder(settings) == run.pid
    run.end()
    assert is_running(settings) is False
    take_lock(settings, pytest.fail)


# Whole nights.


def test_a_night_that_meets_another_gives_up_in_one_line(night, start):
    run = start(night.database)
    night.monkeypatch.setenv("SOJOURN_LOCK_WAIT", "1s")
    code, out, err = night.run()
    assert (code, err.count("\n")) == (FAILURE, 1)
    assert f"is still being written by another run (process {run.pid}) after 1 seconds" in err
    assert "waiting for it" in out
    night.is_untouched()


def test_a_rollback_does_not_come_between_a_night_and_its_publishing(night, start):
    assert night.run()[0] == 0
    published = night.database.read_bytes()
    run = start(night.database)
    night.monkeypatch.setenv("SOJOURN_LOCK_WAIT", "1s")
    night.monkeypatch.setattr(sys, "argv", ["sojourn", "rollback", "--database", "made/sojourn.duckdb"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == FAILURE
    assert f"is still being written by another run (process {run.pid})" in night.capsys.readouterr().err
    assert night.database.read_bytes() == published


def test_nights_that_wait_for_another_take_turns(night, start):
    write(night.exports / NEXT, [row(SECONDS + second, "page_view", f"p{second % 7}") for second in range(900)])
    run = start(night.database)
    words = ["run", "exports", "--timezone", "UTC", "--database", "made/sojourn.duckdb", "--reports", "made/reports"]
    nights = [
        subprocess.Popen(
            [sys.executable, "-c", "from pipelines.cli.app import main; main()", *words],
            env=os.environ | {"PYTHONPATH": str(ROOT), "SOJOURN_LOCK_WAIT": f"{PATIENCE}s"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for one in nights:
        assert f"is being written by another run (process {run.pid}); waiting" in one.stdout.readline()
    run.end()
    told = [one.communicate(timeout=PATIENCE) for one in nights]
    assert [one.returncode for one in nights] == [0, 0], told
    assert all("1,100 rows read = 1,100 events" in out for out, _ in told)
