"""What a night does with bad input: one line, an exit code, and the published file as it was, byte for byte."""

import gzip
import json
import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from tests.exports_by_hand import DAY, row, write
from tests.nights_by_hand import FAILURE, MISTAKE, NEXT, SECONDS

ROOT = Path(__file__).parents[2]


# Exports.


def test_a_good_night_ends_well_and_accounts_for_every_row(night):
    code, out, err = night.run()
    assert (code, err) == (0, "")
    assert "400 rows read = 400 events + 0 duplicates + 0 quarantined + 0 excluded" in out


def test_an_empty_directory_is_a_mistake(night):
    shutil.rmtree(night.exports)
    night.refuses(MISTAKE, "no GA4 export in exports, which does not exist")
    night.exports.mkdir()
    night.refuses(MISTAKE, "no GA4 export in exports;")


def test_an_address_that_sojourn_does_not_read_is_a_mistake(night):
    for address in ("ftp://host/a", "https://host/a", "hdfs://host/a"):
        night.monkeypatch.setenv("SOJOURN_FEEDS", json.dumps([address]))
        night.refuses(MISTAKE, f"{address} is no address that Sojourn reads", "s3://")


def test_an_export_that_may_not_be_read_is_told_by_its_name_and_no_day_is_dropped_for_it(night, monkeypatch):
    def refuse(path, *more, **options):
        if path.name == NEXT:
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path, *more, **options)

    opened = Path.open
    os.utime(night.exports / NEXT)
    monkeypatch.setattr(Path, "open", refuse)
    night.refuses(MISTAKE, f"{NEXT} cannot be read: Permission denied")


def test_a_directory_that_may_not_be_listed_is_not_one_without_files(night, monkeypatch):
    def refuse(path):
        if str(path).endswith("late"):
            raise PermissionError(13, "Permission denied", str(path))
        return listed(path)

    listed = os.scandir
    (night.exports / "late").mkdir()
    (night.exports / NEXT).rename(night.exports / "late" / NEXT)
    monkeypatch.setattr(os, "scandir", refuse)
    night.refuses(FAILURE, "exports cannot be listed", "Permission denied")


@pytest.mark.parametrize("content", ["text", "tables of others"])
def test_a_file_that_is_not_ours_is_not_replaced(night, content):
    theirs = night.folder / "made" / "theirs.duckdb"
    if content == "text":
        theirs.write_text("notes")
    else:
        with duckdb.connect(theirs) as connection:
            connection.execute("CREATE TABLE customers AS SELECT 1 AS id")
    before = theirs.read_bytes()
    code, _, err = night.run("--database", str(theirs))
    assert (code, err.count("\n")) == (MISTAKE, 1), err
    assert "theirs.duckdb, which was not published by Sojourn" in err
    assert theirs.read_bytes() == before
    assert not theirs.with_name("theirs.build.duckdb").exists()


def test_a_published_file_without_its_build_file_is_published_anew(night):
    night.database.with_name("sojourn.build.duckdb").unlink()
    assert night.run()[0] == 0


def broken(good, kind):
    """The bytes of a file that is not whole, by what is wrong with it."""
    lines = b"".join(b'{"event_name": "page_view", "event_timestamp": "%d"}\n' % at for at in range(99))
    middle = len(good) // 3
    return {
        "text.parquet": b"a page of text\n" * 99,
        "empty.parquet": b"",
        "head.parquet": good[:10],
        "half.parquet": good[: len(good) // 2],
        "tail.parquet": good[:-1],
        "page.parquet": good[:middle] + b"\xa5" * 40 + good[middle + 40 :],
        "parquet.json": good,
        "text.json": b"a page of text\n" * 99,
        "cut.json": lines[:-20],
        "garbage.avro": b"Obj\x01" + b"\xa5" * 999,
        "text.avro": b"a page of text\n" * 99,
        "cut.json.gz": gzip.compress(lines)[:-30],
        "text.json.gz": lines,
        "cutwithin.json.gz": gzip.compress(lines[:-20]),
    }[kind]


CUT = [
    "empty.parquet", "head.parquet", "half.parquet", "tail.parquet", "page.parquet",
    "cut.json", "garbage.avro", "cut.json.gz", "cutwithin.json.gz",
]  # fmt: skip
MISNAMED = ["text.parquet", "parquet.json", "text.json", "text.avro"]


@pytest.mark.parametrize("kind", [*CUT, *MISNAMED])
def test_a_file_that_is_not_whole_is_named_and_the_night_stops(night, kind):
    good = (night.exports / NEXT).read_bytes()
    (night.exports / NEXT).unlink()
    name = f"events_20210102.{kind.partition('.')[2]}"
    (night.exports / name).write_bytes(broken(good, kind))
    if kind in CUT:
        night.refuses(MISTAKE, f"exports/{name} is not a whole", "copy it again, or leave it out with --keep-going")
    else:
        night.refuses(MISTAKE, f"exports/{name} cannot be read as", "begins with", "name it as what it is, or leave")


def test_a_missing_column_is_named(night):
    write(night.exports / NEXT, [{"event_timestamp": 1}])
    night.refuses(MISTAKE, f"{NEXT} has no column event_name")


def test_keep_going_leaves_bad_files_out_and_says_so_in_a_line_each(night):
    good = (night.exports / NEXT).read_bytes()
    (night.exports / NEXT).write_bytes(good[:-9])
    (night.exports / "events_20210103.json").write_text("x\n")
    write(night.exports / "events_20210104.json", [row(3 * SECONDS), row(3 * SECONDS + 1, None)])
    code, out, err = night.run("--keep-going")
    assert (code, err) == (0, "")
    left_out = [line for line in out.splitlines() if line.startswith("left out: ")]
    assert [NEXT in left_out[0], "events_20210103.json cannot be read as json" in left_out[1]] == [True, True]
    assert len(left_out) == 2
    assert left_out[0].endswith("; the rows of 2021-01-02 that were loaded before stay")
    assert "402 rows read = 401 events + 0 duplicates + 1 quarantined + 0 excluded" in out
    assert "quarantined: 1 no event_name; table quarantine holds these rows" in out


def test_a_day_that_is_passed_over_is_told_in_a_line(night):
    (night.exports / "events_20210109.csv").write_text("event_date,event_name\n")
    (night.exports / "users_20210101.json").write_text('{"user_id": "1"}\n')
    code, out, _ = night.run()
    told = [line for line in out.splitlines() if line.startswith("passed over, ")]
    assert (code, [line.rpartition("/")[2] for line in told]) == (0, ["users_20210101.json", "events_20210109.csv"])


def test_a_night_of_only_bad_files_is_a_mistake_even_with_keep_going(night):
    for name in (DAY, NEXT):
        (night.exports / name).write_bytes(b"PAR1")
    code, _, err = night.run("--keep-going", "--database", "made/other.duckdb")
    assert (code, err.count("\n")) == (MISTAKE, 1), err
    assert "no export day" in err


def test_a_line_in_the_middle_that_does_not_parse_is_quarantined_and_the_night_goes_on(night):
    with write(night.exports / "events_20210103.json", [row(2 * SECONDS)]).open("a") as stream:
        stream.write('{"event_na\n{"event_name": "page_view", "event_timestamp": "1609632000000001"}\n')
    code, out, _ = night.run()
    assert code == 0
    assert "quarantined: 1 does not parse" in out


@pytest.mark.parametrize("ahead", [0, 400], ids=["today", "in a year"])
def test_a_day_may_be_today_or_later(night, ahead):
    day = datetime.now(UTC) + timedelta(days=ahead)
    at = int(day.timestamp()) * 1_000_000
    write(night.exports / f"events_intraday_{day:%Y%m%d}.parquet", [row(event_timestamp=at)])
    code, out, err = night.run()
    assert (code, err) == (0, "")
    assert "401 rows read = 401 events" in out


# Settings and lifecycles.


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--timezone", "Europe/Nowhere"], ["setting 'timezone' is 'Europe/Nowhere'", "Europe/Copenhagen"]),
        (["--session-gap", "-30m"], ["setting 'session_gap' is '-30m'", "30m"]),
        (["--session-gap", "0m"], ["setting 'session_gap' is '0m'"]),
        (["--journey-window", "a month"], ["setting 'journey_window' is 'a month'", "30d"]),
        (["--identity", "nobody"], ["setting 'identity' is 'nobody'", "stitched"]),
        (["--lifecycle", "nosuch"], ["nosuch", "six-phases"]),
        (["--lifecycle", "nosuch.yaml"], ["nosuch.yaml"]),
        (["--settings", "nosuch.toml"], ["settings file nosuch.toml does not exist"]),
    ],
)
def test_a_flag_that_cannot_be_used_is_named(night, words, said):
    night.refuses(MISTAKE, *said, words=words)


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ('time_zone = "UTC"', "setting 'time_zone' is not known"),
        ("timezone = UTC", "sojourn.toml"),
        ('segments = ["shoe_size"]', "setting 'segments' names 'shoe_size'"),
        ('segments = "browser"', "setting 'segments' is 'browser'"),
        ('exclude = "nosuch = 1"', "setting 'exclude' is 'nosuch = 1'"),
        ('exclude = "event_name"', "setting 'exclude' is 'event_name'"),
        ("start_date = 2021-01-02", "setting 'start_date' is not known any more; the first day comes from the exports"),
        ('memory_limit = "much"', "setting 'memory_limit' is 'much'"),
        ("batch_rows = 0", "setting 'batch_rows' is 0"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(night, toml, said):
    Path("sojourn.toml").write_text(toml)
    night.refuses(MISTAKE, said)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("SOJOURN_SESSION_GAP", "soon", "setting 'session_gap' is 'soon'"),
        ("SOJOURN_SEGMENTS", "browser", "SOJOURN_SEGMENTS"),
        ("SOJOURN_SEGMENT", '["browser"]', "SOJOURN_SEGMENT"),
    ],
)
def test_a_variable_that_cannot_be_used_is_named(night, name, value, said):
    night.monkeypatch.setenv(name, value)
    night.refuses(MISTAKE, said)


def test_a_lifecycle_with_a_mistake_is_named(night):
    shipped = (ROOT / "models" / "lifecycles" / "six-phases.yaml").read_text("utf-8")
    Path("mine.yaml").write_text(shipped.replace("stage: during", "stage: meanwhile"), "utf-8")
    night.refuses(MISTAKE, "mine.yaml", "meanwhile", words=["--lifecycle", "mine.yaml"])
