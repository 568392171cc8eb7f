"""Where things stand, in one screen: before the first night, after good and bad ones, and while one goes on."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from models.settings import read_settings
from pipelines.cli.dagster_records import read_with_dagster
from pipelines.cli.sqlite_records import read_last_run, read_latest_checks
from pipelines.rules import check_names
from pipelines.standing import Standing
from tests.exports_by_hand import row, write
from tests.nights_by_hand import FAILURE, MISTAKE, NEXT, SECONDS, run_lightly

ROOT = Path(__file__).parents[2]


@pytest.fixture
def records(night):
    """Dagster's records of runs, kept in the folder of the night."""
    shutil.copy(ROOT / "dagster.yaml", night.folder)
    night.monkeypatch.setenv("DAGSTER_HOME", str(night.folder))


def days(*numbers):
    return [date(2026, 3, number) for number in numbers]


def test_gaps_lie_between_loaded_days_and_late_ones_after():
    standing = Standing(days(1, 2, 5), date(2026, 3, 5), 10)
    assert standing.gaps == days(3, 4)
    assert standing.late(date(2026, 3, 7)) == days(6, 7)
    assert standing.late(date(2026, 3, 5)) == standing.late(date(2026, 2, 1)) == []
    historic = Standing(days(1, 2, 5), date(2026, 3, 5), 10, is_live=False)
    assert historic.late(date(2026, 3, 7)) == []


def test_a_day_beyond_as_of_makes_no_other_missing_or_final():
    standing = Standing([*days(1, 2), date(2052, 1, 1)], date(2026, 3, 2), 10)
    assert standing.late(date(2026, 3, 4)) == days(3, 4)
    assert standing.gaps == []
    assert standing.provisional == [*days(1, 2), date(2052, 1, 1)]


def test_the_last_day_and_three_before_it_are_provisional():
    assert Standing(days(1, 2, 5), date(2026, 3, 5), 10).provisional == days(2, 5)
    assert Standing(days(1, 2, 6), date(2026, 3, 6), 10).provisional == days(6)


def test_before_the_first_night_it_says_what_to_do(night, status):
    shutil.rmtree(night.folder / "made")
    assert status() == {
        "loaded": "nothing is published at made/sojourn.duckdb yet: `sojourn run EXPORTS` loads exports",
        "running now": "no",
        "last night": "unknown: without a dagster.yaml here, or DAGSTER_HOME, no records are kept",
    }
    assert not (night.folder / "made").exists()


def test_without_records_nothing_heavy_is_imported(night, status):
    assert run_lightly("status", "--settings", "sojourn.toml").stderr == "[]\n"


def test_a_screen_tells_what_is_loaded_provisional_and_missing(night, status):
    told = status()
    assert told["loaded"] == "2021-01-01 to 2021-01-02: 2 days, 400 events"
    assert told["gaps"] == "none"
    assert told["provisional"] == "2021-01-01 to 2021-01-02: GA4 may still change them"
    assert told["historic"] == "ends on 2021-01-02, long before it was loaded: no later day is missed"
    assert "late" not in told
    assert re.fullmatch(r"made/sojourn.duckdb, \d+\.\d MB, \d{4}-\d\d-\d\d \d\d:\d\d UTC", told["published"])
    assert "kept" not in told


def test_a_live_export_names_its_gaps_first_and_what_is_late(night, status):
    today = datetime.now(UTC).date()
    for file in night.exports.iterdir():
        file.unlink()
    for back in (9, 8, 4):
        day = today - timedelta(days=back)
        at = int(datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp()) * 1_000_000
        write(night.exports / f"events_{day:%Y%m%d}.parquet", [row(event_timestamp=at)])
    shutil.rmtree(night.folder / "made")
    assert night.run()[0] == 0
    told = status()
    assert list(told)[:2] == ["loaded", "gaps"]
    assert told["gaps"] == f"{today - timedelta(days=7)} to {today - timedelta(days=5)}"
    assert told["late"] == f"{today - timedelta(days=3)} to {today - timedelta(days=1)}"


def test_exports_that_are_new_or_changed_are_told(night, status):
    assert night.run()[0] == 0
    assert status()["to load"] == "nothing"
    write(night.exports / NEXT, [row(SECONDS)])
    write(night.exports / "events_20210105.parquet", [row(4 * SECONDS)])
    assert status()["to load"] == "new: 2021-01-05; changed: 2021-01-02"
    shutil.rmtree(night.exports)
    assert status()["to load"].startswith("unknown: ")


def test_a_good_night_and_its_checks_are_told(night, status, records):
    assert status()["last night"] == "none yet"
    assert night.run()[0] == 0
    told = status()
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC, succeeded in \d+ s", told["last night"])
    assert re.match(r"\d+ passed", told["checks"])
    assert "failed" not in told["checks"]
    assert re.fullmatch(r"1 \(\S+ \S+ UTC, \d+\.\d MB\); `sojourn rollback` puts the first back", told["kept"])


def test_status_reads_records_without_dagster(night, status, records):
    assert night.run()[0] == 0
    done = run_lightly("status", "--settings", "sojourn.toml")
    assert done.stderr == "[]\n"
    assert "succeeded in" in done.stdout
    assert "passed" in done.stdout


def test_records_read_from_sqlite_are_those_that_dagster_reads(night, status, records):
    night.monkeypatch.setattr("pipelines.checks.alarms", lambda _, rule: [f"{rule.name} is odd", "and more"])
    assert night.run()[0] == 0
    settings = read_settings(Path("sojourn.toml"))
    found = read_with_dagster(check_names(settings))
    assert read_last_run() == found.last
    assert sorted(read_latest_checks(), key=lambda check: check.key) == sorted(
        found.checks, key=lambda check: check.key
    )
    assert any(check.only_warns and check.description.endswith("; and more") for check in found.checks)
    assert any(check.passed for check in found.checks)


@pytest.mark.parametrize(
    "text", ["", "storage: {}", "storage: {sqlite: {base_dir: {env: NOWHERE}}}", "storage: 7", "["]
)
def test_records_kept_otherwise_are_left_to_dagster(night, text):
    night.monkeypatch.setenv("DAGSTER_HOME", str(night.folder))
    (night.folder / "dagster.yaml").write_text(text)
    with pytest.raises(LookupError):
        read_last_run()


def test_a_night_that_failed_says_why(night, status, records):
    (night.exports / NEXT).write_bytes(b"PAR1 is all there is")
    assert night.run()[0] == MISTAKE
    assert re.search(rf"failed after \d+ s: .*{NEXT} is not a whole parquet file", status()["last night"])


def test_a_check_that_failed_is_told_in_words(night, status, records):
    night.monkeypatch.setattr("pipelines.checks.contract_breaches", lambda _, table: [f"3 rows of {table.name} amiss"])
    assert night.run()[0] == FAILURE
    told = status()
    assert "failed after" in told["last night"]
    assert "events: contract: 3 rows of events amiss" in told["last night"]
    assert re.search(r"\d failed, .*not reached", told["checks"])


def test_a_night_that_goes_on_and_one_that_was_cut_off_are_told(night, status, records):
    write(night.exports / NEXT, [row(SECONDS + second, "page_view") for second in range(20_000)])
    command = [sys.executable, "-c", "from pipelines.cli.app import main; main()", "run"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, start_new_session=True) as run:
        log = night.database.with_name("sojourn.build.duckdb.wal")
        while not log.exists():
            assert run.poll() is None
            time.sleep(0.01)
        run.send_signal(signal.SIGSTOP)
        try:
            told = status()
        finally:
            os.killpg(run.pid, signal.SIGKILL)
    assert told["running now"] == f"yes, process {run.pid}"
    assert told["last night"].endswith("UTC, is under way")
    told = status()
    assert told["running now"] == "no"
    assert told["last night"].endswith("UTC, was cut off: the next run makes it good")
    assert night.run()[0] == 0
    assert "succeeded" in status()["last night"]
