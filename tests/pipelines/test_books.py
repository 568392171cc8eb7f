"""Dagster's books: old nights go, with all their files, and what goes on or was last stays."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.instance.config import dagster_instance_config

from models.settings import Settings
from pipelines import books
from pipelines.books import prune_books
from pipelines.record_storage import OPEN_FILES

pytestmark = pytest.mark.filterwarnings("ignore::dagster.BetaWarning", "ignore::dagster.PreviewWarning")

ROOT = Path(__file__).parents[2]
AT_ONCE = Settings(keep_runs=timedelta(microseconds=1))
KEPT = Settings(keep_runs="90d")


@dg.asset(check_specs=[dg.AssetCheckSpec("is_well", asset="loaded")])
def loaded():
    yield dg.MaterializeResult(check_results=[dg.AssetCheckResult(passed=True)])


def runs_of(folder, name="night", count=1):
    """Do runs of a job, as Dagster does, on the instance of a folder: their ids."""
    job = dg.Definitions(assets=[loaded], jobs=[dg.define_asset_job(name)]).resolve_job_def(name)
    with dg.DagsterInstance.from_config(str(folder)) as instance:
        return [job.execute_in_process(instance=instance).run_id for _ in range(count)]


@pytest.fixture
def instance(tmp_path, monkeypatch):
    shutil.copy(ROOT / "dagster.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        yield instance


def traces(folder, run):
    """The names of files that hold a word of a run."""
    files = [file for file in folder.rglob("*") if file.is_file() and not file.name.endswith(("-wal", "-shm"))]
    named = [file.name for file in folder.rglob(f"*{run}*")]
    held = []
    for file in files:
        if file.suffix == ".db":
            with sqlite3.connect(file) as connection:
                dump = "\n".join(connection.iterdump())
            connection.close()
            held += [file.name] if run in dump else []
    return {*named, *held}


def test_old_nights_go_with_all_their_traces_and_the_last_stays(instance, tmp_path):
    *old, last = runs_of(tmp_path, count=3)
    [other] = runs_of(tmp_path, "other")
    assert all(traces(tmp_path, run) for run in old)
    assert prune_books(instance, KEPT) == 0
    assert prune_books(instance, AT_ONCE) == 2
    assert [traces(tmp_path, run) for run in old] == [set(), set()]
    assert {run.run_id for run in instance.get_runs()} == {last, other}
    assert instance.all_logs(last)
    [check] = instance.event_log_storage.get_latest_asset_check_execution_by_key(
        [dg.AssetCheckKey(dg.AssetKey("loaded"), "is_well")]
    ).values()
    assert check.run_id == other
    assert prune_books(instance, AT_ONCE) == 0


def test_a_night_that_goes_on_stays(instance, tmp_path):
    runs_of(tmp_path, count=2)
    [going] = runs_of(tmp_path)
    with instance.run_storage.connect() as connection:
        connection.exec_driver_sql(f"UPDATE runs SET status = 'STARTED' WHERE run_id = '{going}'")
    assert prune_books(instance, AT_ONCE) == 1
    assert instance.get_run_by_id(going)


def test_books_of_years_go_by_and_by(instance, tmp_path, monkeypatch):
    monkeypatch.setattr(books, "AT_ONCE", 1)
    runs_of(tmp_path, count=3)
    assert [prune_books(instance, AT_ONCE) for _ in range(3)] == [1, 1, 0]


def test_books_that_cannot_be_written_fail_nothing(instance, tmp_path, caplog):
    runs_of(tmp_path, count=2)
    with sqlite3.connect(tmp_path / "data/dagster/history/runs.db", isolation_level=None) as other:
        other.execute("DROP TABLE run_tags")
    other.close()
    assert prune_books(instance, AT_ONCE) == 0
    assert "Dagster's records of old runs cannot be deleted: " in caplog.text


def test_a_night_by_hand_keeps_books_as_long_as_told_and_the_status_tells_of_it(night, status):
    shutil.copy(ROOT / "dagster.yaml", night.folder)
    night.monkeypatch.setenv("DAGSTER_HOME", str(night.folder))
    old, _ = runs_of(night.folder, count=2)
    night.monkeypatch.setenv("SOJOURN_KEEP_RUNS", "1s")
    os.utime(night.exports / "events_20210102.parquet", (0, 0))
    time.sleep(1)  # so long ago the old night must have ended
    assert night.run()[0] == 0
    assert traces(night.folder / "data", old) == set()
    assert "succeeded in" in status()["last night"]


def test_ticks_are_kept_for_some_months(tmp_path):
    shutil.copy(ROOT / "dagster.yaml", tmp_path)
    config, _ = dagster_instance_config(str(tmp_path))
    assert config["retention"]["sensor"]["purge_after_days"]["success"] == 90


KILLED = """
import os, signal, sys
import dagster as dg

@dg.asset
def first():
    pass

@dg.asset(deps=[first])
def second():
    os.kill(os.getpid(), signal.SIGKILL)

job = dg.Definitions(assets=[first, second], jobs=[dg.define_asset_job("night")]).resolve_job_def("night")
with dg.DagsterInstance.from_config(sys.argv[1]) as instance:
    job.execute_in_process(instance=instance)
"""


def test_killed_run_leaves_all_its_records(instance, tmp_path):
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], env=environment, capture_output=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    [run] = instance.get_runs()
    assert run.status == dg.DagsterRunStatus.STARTED
    events = [entry.dagster_event for entry in instance.all_logs(run.run_id) if entry.dagster_event]
    assert [event.step_key for event in events if event.event_type_value == "STEP_SUCCESS"] == ["first"]
    assert [event.step_key for event in events if event.event_type_value == "STEP_START"] == ["first", "second"]
    assert instance.get_latest_materialization_event(dg.AssetKey("first"))
    assert not instance.get_latest_materialization_event(dg.AssetKey("second"))


def test_pooled_storage_of_many_runs_keeps_few_files_open(instance, tmp_path):
    runs = runs_of(tmp_path, count=OPEN_FILES + 1)
    assert all(instance.all_logs(run) for run in (*runs, runs[0]))
    folder = tmp_path / "data/dagster/history/runs"
    files = {descriptor.resolve() for descriptor in Path("/proc/self/fd").iterdir()}
    assert sum(file.parent == folder.resolve() and file.suffix == ".db" for file in files) == OPEN_FILES


def test_pooled_storage_waits_for_the_disk_only_at_checkpoints(instance, tmp_path):
    [run] = runs_of(tmp_path)
    events = instance.event_log_storage
    for connected in (events.run_connection(run), events.index_connection(), instance.run_storage.connect()):
        with connected as connection:
            pragmas = ("journal_mode", "synchronous")
            told = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in pragmas]
        assert told == ["wal", 1]
