"""What a night does with bad input: one line, an exit code, and the published file as it was, byte for byte."""

import gzip
import os
import re
import resource
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipelines.cli.app import main
from tests.exports_by_hand import DAY, row, write

NEXT = "events_20210102.parquet"
SECONDS = 86400
ROOT = Path(__file__).parents[2]
MISTAKE, FAILURE = 2, 1


class Night:
    """A working directory with exports and what a good night made of them, and the command line run in it."""

    def __init__(self, folder, capsys, monkeypatch):
        self.folder, self.exports, self.capsys, self.monkeypatch = folder, folder / "exports", capsys, monkeypatch
        self.database = folder / "made" / "sojourn.duckdb"
        self.published = self.database.read_bytes()

    def run(self, *words):
        """Run `sojourn run` in this process: its exit code, its output, its errors."""
        paths = ["--database", "made/sojourn.duckdb", "--reports", "made/reports"]
        self.monkeypatch.setattr(sys, "argv", ["sojourn", "run", "exports", "--timezone", "UTC", *paths, *words])
        code = 0
        try:
            main()
        except SystemExit as end:
            code = end.code or 0
        out, err = self.capsys.readouterr()
        return code, out, err

    def refuses(self, code, *said, words=()):
        """Assert that a run fails with one plain line that says all this, and that nothing it made is to be seen."""
        found, _, err = self.run(*words)
        assert (found, err.count("\n")) == (code, 1), err
        assert re.fullmatch(r"error: [^\n]+\n", err)
        assert "defect" not in err
        assert all(word in err for word in said), err
        self.is_untouched()

    def is_untouched(self):
        assert self.database.read_bytes() == self.published
        made = {file.name for file in self.database.parent.iterdir()}
        assert made <= {"sojourn.duckdb", "sojourn.build.duckdb", "sojourn.build.duckdb.wal", "reports"}


@pytest.fixture(scope="module")
def good_night(tmp_path_factory):
    folder = tmp_path_factory.mktemp("good")
    for number, name in enumerate((DAY, NEXT)):
        rows = [row(number * SECONDS + second, "page_view", f"p{second % 7}") for second in range(200)]
        write(folder / "exports" / name, rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("DAGSTER_HOME", raising=False)
        patch.setattr(sys, "argv", [
            "sojourn", "run", "exports", "--timezone", "UTC", "--database", "made/sojourn.duckdb",
            "--reports", "made/reports",
        ])  # fmt: skip
        try:
            main()
        except SystemExit as end:
            assert not end.code
    return folder


@pytest.fixture
def night(good_night, tmp_path, capsys, monkeypatch):
    shutil.copytree(good_night, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    capsys.readouterr()
    return Night(tmp_path, capsys, monkeypatch)


# Exports.


def test_a_good_night_ends_well_and_accounts_for_every_row(night):
    code, out, err = night.run()
    assert (code, err) == (0, "")
    assert "400 rows read = 400 events + 0 duplicates + 0 quarantined + 0 excluded" in out


def test_an_empty_directory_is_a_mistake(night):
    shutil.rmtree(night.exports)
    night.refuses(MISTAKE, "no GA4 export in exports")
    night.exports.mkdir()
    night.refuses(MISTAKE, "no GA4 export in exports")


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


KINDS = [
    "text.parquet", "empty.parquet", "head.parquet", "half.parquet", "tail.parquet", "page.parquet", "parquet.json",
    "text.json", "cut.json", "garbage.avro", "text.avro", "cut.json.gz", "cutwithin.json.gz",
]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_is_not_whole_is_named_and_the_night_stops(night, kind):
    good = (night.exports / NEXT).read_bytes()
    (night.exports / NEXT).unlink()
    name = f"events_20210102.{kind.partition('.')[2]}"
    (night.exports / name).write_bytes(broken(good, kind))
    night.refuses(MISTAKE, f"exports/{name} is not a whole", "copy it again, or leave it out with --keep-going")


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
    assert [NEXT in left_out[0], "events_20210103.json is not a whole json file" in left_out[1]] == [True, True]
    assert len(left_out) == 2
    assert "202 rows read = 201 events + 0 duplicates + 1 quarantined + 0 excluded" in out
    assert "quarantined: 1 no event_name; table quarantine holds these rows" in out


def test_a_night_of_only_bad_files_is_a_mistake_even_with_keep_going(night):
    for name in (DAY, NEXT):
        (night.exports / name).write_bytes(b"PAR1")
    night.refuses(MISTAKE, "no export day", words=["--keep-going"])


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
    for name in (DAY, NEXT):
        (night.exports / name).unlink()
    write(night.exports / f"events_intraday_{day:%Y%m%d}.parquet", [row(event_timestamp=at)])
    code, out, err = night.run()
    assert (code, err) == (0, "")
    assert "1 rows read = 1 events" in out


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
        ("start_date = 2021-01-02", "setting 'start_date' is 2021-01-02, but the exports begin on 2021-01-01"),
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


# Files that cannot be opened or written.


def test_a_build_file_that_another_process_holds_is_said(night):
    script = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print(1, flush=True); input()"
    path = str(night.database.with_name("sojourn.build.duckdb"))
    with subprocess.Popen(
        [sys.executable, "-c", script, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        holder.stdout.readline()
        night.refuses(FAILURE, "sojourn.build.duckdb is held by another process", str(holder.pid))
        holder.communicate("\n", timeout=60)


def test_a_published_file_that_a_reader_holds_is_no_hindrance(night):
    script = "import duckdb, sys; c = duckdb.connect(sys.argv[1], read_only=True); print(1, flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", script, str(night.database)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as reader:
        reader.stdout.readline()
        assert night.run()[0] == 0
        reader.communicate("\n", timeout=60)


@pytest.fixture
def mounted(tmp_path_factory):
    """A way to mount a small file system of its own at a folder; unmounted at the end."""
    folders = []

    def mount(folder, *options):
        if os.geteuid() != 0 or not shutil.which("mount"):
            pytest.skip("only root can mount a file system of its own")
        folder.mkdir(exist_ok=True)
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", ",".join(options), "tmpfs", str(folder)], capture_output=True, check=False
        )
        if done.returncode:
            pytest.skip(f"no file system can be mounted here: {done.stderr.decode().strip()}")
        folders.append(folder)

    yield mount
    for folder in folders:
        subprocess.run(["umount", str(folder)], check=True)


def moved(night, mounted, *options):
    """Put what the good night made on a file system of its own."""
    made, kept = night.folder / "made", night.folder / "kept"
    made.rename(kept)
    mounted(made, *options)
    shutil.copytree(kept, made, dirs_exist_ok=True)
    return made


@pytest.mark.parametrize("room", [0, 600], ids="{} KiB left".format)
def test_a_full_disk_is_said_and_the_old_version_stays(night, mounted, room):
    made = moved(night, mounted, "size=64m")
    for number in range(3):
        rows = [row(number * SECONDS + second % SECONDS, "page_view", f"p{second}") for second in range(9000)]
        write(night.exports / f"events_2021010{number + 1}.parquet", rows)
    free = shutil.disk_usage(made).free
    filler = made / "reports" / "filler"
    filler.write_bytes(b"\0" * (free - room * 1024))
    night.refuses(FAILURE, "made/")
    filler.unlink()
    assert night.run()[0] == 0


def test_a_read_only_directory_is_said(night, mounted):
    made = moved(night, mounted, "size=64m")
    subprocess.run(["mount", "-o", "remount,ro", str(made)], check=True)
    night.refuses(FAILURE, "made/sojourn.build.duckdb cannot be opened")


@pytest.mark.parametrize("flag", ["--database", "--reports"])
def test_a_place_that_cannot_be_made_is_said(night, flag):
    place = {"--database": "/proc/nowhere/sojourn.duckdb", "--reports": "/proc/nowhere"}[flag]
    code, _, err = night.run(flag, place)
    assert (code, err.count("\n")) == (FAILURE, 1), err
    assert err.startswith("error: ")
    assert "/proc/nowhere" in err
    assert "defect" not in err


def test_a_place_where_dagster_cannot_keep_its_records_is_said(night):
    night.monkeypatch.setenv("DAGSTER_HOME", "/proc/nowhere")
    night.refuses(FAILURE, "Dagster cannot keep its records in /proc/nowhere")


# The command itself, as a person starts it.


def sojourn(folder, *words, **options):
    environment = {name: value for name, value in os.environ.items() if name != "DAGSTER_HOME"}
    command = [sys.executable, "-c", "from pipelines.cli.app import main; main()", "run", "exports", *words]
    return subprocess.run(
        command, cwd=folder, env=environment | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, **options
    )


def test_a_mistake_is_one_line_on_the_terminal(night):
    (night.exports / NEXT).write_bytes(b"PAR1 is all there is")
    done = sojourn(night.folder, "--database", "made/sojourn.duckdb", check=False)
    assert (done.returncode, done.stdout) == (MISTAKE, "")
    assert re.fullmatch(rf"error: [^\n]*{NEXT} is not a whole parquet file[^\n]*\n", done.stderr)
    night.is_untouched()


def test_a_file_that_may_not_grow_is_a_failure_in_one_line(night):
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))

    (night.database.with_name("sojourn.build.duckdb")).unlink()
    done = sojourn(night.folder, "--database", "made/sojourn.duckdb", preexec_fn=limit, check=False)
    assert done.returncode == FAILURE, done.stderr
    assert re.fullmatch(r"error: [^\n]*\n", done.stderr)
    assert night.database.read_bytes() == night.published
