"""Other programs at the files: what they leave beside the published file, hold open, or had there before."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from pipelines import publishing
from pipelines.cli.app import main
from pipelines.folders import copy_files
from pipelines.published_file import open_published
from pipelines.publishing import publish
from pipelines.versions import kept_versions, put_back
from tests.exports_by_hand import row, write
from tests.nights_by_hand import FAILURE, MISTAKE, NEXT, SECONDS

STRANGER = """
import os, sys, duckdb
connection = duckdb.connect(sys.argv[1])
print("open", flush=True)
for order in sys.stdin:
    try:
        if order == "die\\n":
            os._exit(9)
        connection.execute("INSERT INTO events (event_id, event_name, occurred_at)"
                           " SELECT 10000 + range, 'page_view', make_timestamp(range) FROM range(1000)")
        print("wrote", flush=True)
    except duckdb.Error as error:
        print("refused:", error, flush=True)
connection.close()
"""


READER = """
import sys, duckdb
print(duckdb.connect(sys.argv[1], read_only=True).execute("SELECT count(*) FROM events").fetchall()[0][0])
"""


class Stranger:
    """A process of its own that opens a database for writing, as any client of DuckDB's does, and takes orders."""

    def __init__(self, path):
        self.process = subprocess.Popen(
            [sys.executable, "-c", STRANGER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout.readline() == "open\n"

    def write(self):
        return self._ask("write").split(":")[0].strip()

    def die(self):
        self.process.stdin.write("die\n")
        self.close()

    def close(self):
        if self.process.poll() is None:
            self.process.communicate()

    def _ask(self, order):
        self.process.stdin.write(f"{order}\n")
        self.process.stdin.flush()
        return self.process.stdout.readline()


@pytest.fixture
def stranger():
    """Has a program open a database; it is closed at the end."""
    found = []

    def open_(path):
        found.append(Stranger(path))
        return found[-1]

    yield open_
    for one in found:
        one.close()


def release(build, count):
    build.hold(count)
    return publish(build.connection, build.settings).warnings


def events(path):
    """What a reader in a process of its own finds."""
    read = (
        "import duckdb, sys; print(duckdb.connect(sys.argv[1], read_only=True).execute('SELECT count(*) FROM events')"
    )
    done = subprocess.run([sys.executable, "-c", f"{read}.fetchone()[0])", str(path)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def names(folder, with_word):
    return sorted(file.name for file in folder.iterdir() if with_word in file.name)


def test_a_log_that_a_killed_program_left_is_set_aside(build, stranger):
    release(build, 10)
    database = build.settings.database
    program = stranger(database)
    program.write()
    program.die()
    assert events(database) == 1010
    [warning] = release(build, 20)
    assert warning.startswith("sojourn.duckdb.wal lay beside the published file")
    [aside] = names(database.parent, "set-aside")
    assert aside in warning
    assert events(database) == 20
    assert not os.path.lexists(f"{database}.wal")
    assert release(build, 30) == []
    assert (events(database), events(kept_versions(build.settings)[0].path)) == (30, 20)


def test_a_program_that_stays_open_with_a_log_changes_only_its_own_version(build, stranger):
    release(build, 10)
    database = build.settings.database
    program = stranger(database)
    program.write()
    warnings = release(build, 20)
    assert [line.split()[0] for line in warnings] == ["sojourn.duckdb.wal", "a"]
    assert program.write() in ("wrote", "refused")
    assert events(database) == 20
    program.close()
    assert events(database) == 20
    release(build, 30)
    assert events(database) == 30


def test_a_program_cannot_begin_a_log_for_an_earlier_version_beside_the_next(build, stranger):
    release(build, 10)
    database = build.settings.database
    program = stranger(database)
    [warning] = release(build, 20)
    assert "has an earlier version of sojourn.duckdb open for writing" in warning
    assert program.write() == "refused"
    assert events(database) == 20
    program.close()
    assert events(database) == 20
    assert release(build, 30) == []
    assert events(database) == 30


@pytest.mark.parametrize("ending", [".wal", ".wal.checkpoint", ".wal.recovery"])
@pytest.mark.parametrize("kind", ["file", "folder", "link"])
def test_whatever_has_the_name_of_a_log_is_set_aside(build, ending, kind):
    release(build, 10)
    log = build.settings.database.with_name(f"sojourn.duckdb{ending}")
    make = {"file": log.touch, "folder": log.mkdir, "link": lambda: log.symlink_to("nowhere")}
    make[kind]()
    [warning] = release(build, 20)
    [aside] = names(log.parent, "set-aside")
    assert (aside in warning, events(build.settings.database)) == (True, 20)


def test_a_rollback_parts_with_the_logs_of_others_too(build, stranger):
    release(build, 10)
    release(build, 20)
    database = build.settings.database
    program = stranger(database)
    program.write()
    program.die()
    _, [warning] = put_back(build.settings)
    assert "set-aside" in warning
    assert events(database) == 10


def test_sojourn_reads_what_it_published_and_no_log_of_others(build, stranger):
    release(build, 10)
    build.close()
    program = stranger(build.settings.database)
    program.write()
    program.die()
    with open_published(build.settings) as connection:
        assert connection.execute("SELECT count(*) FROM events").fetchall() == [(10,)]
    assert names(build.settings.database.parent, "sojourn.duckdb.") == ["sojourn.duckdb.wal"]


def test_a_new_build_file_takes_nothing_over_from_the_logs_of_others(build, stranger):
    build.load(row(0), row(60))
    publish(build.connection, build.settings)
    build.close()
    build.settings.database.with_name("sojourn.build.duckdb").unlink()
    program = stranger(build.settings.database)
    program.write()
    program.die()
    assert len(build.ask("FROM events")) == 2


@pytest.fixture
def another_day(night):
    write(night.exports / NEXT, [row(SECONDS + second, "page_view") for second in range(300)])
    return night


def test_a_night_beside_a_log_of_others_publishes_its_own_figures_and_says_so(another_day, stranger):
    program = stranger(another_day.database)
    program.write()
    program.die()
    code, out, err = another_day.run()
    assert (code, err) == (0, "")
    assert "look at   published_database: stands_alone: sojourn.duckdb.wal lay beside the published file" in out
    assert events(another_day.database) == 500
    assert "nothing new" in another_day.run()[1]


def test_a_file_that_is_held_as_soon_as_it_is_published_fails_no_night(another_day, stranger, monkeypatch):
    published = publishing.show

    def show(draft, settings):
        warnings = published(draft, settings)
        stranger(settings.database)
        return warnings

    monkeypatch.setattr(publishing, "show", show)
    page = another_day.folder / "made" / "reports" / "funnel.html"
    before = page.stat().st_ino
    code, out, err = another_day.run()
    assert (code, err) == (0, "")
    assert "500 rows read = 500 events" in out
    assert page.stat().st_ino != before


@pytest.mark.parametrize("command", ["report", "status", "suggest-touchpoints"])
def test_a_command_that_needs_a_file_which_is_held_says_by_whom(night, stranger, command):
    program = stranger(night.database)
    night.monkeypatch.setattr(sys, "argv", ["sojourn", command, "--database", "made/sojourn.duckdb"])
    with pytest.raises(SystemExit) as ended:
        main()
    out, err = night.capsys.readouterr()
    assert (ended.value.code, out, err.count("\n")) == (FAILURE, "", 1)
    assert "made/sojourn.duckdb is open for writing in another program" in err
    assert str(program.process.pid) in err


# Names and places.

WITHOUT_ENDING = ("--database", "made/sojourn")


def test_databases_that_differ_in_their_endings_share_nothing(night):
    night.refuses(MISTAKE, "sojourn.build.duckdb is the build file of made/sojourn.duckdb", words=WITHOUT_ENDING)
    code, _, err = night.run("--database", "made/sojourn.db")
    assert (code, err) == (0, "")
    assert events(night.database.with_name("sojourn.db")) == 400
    assert night.database.read_bytes() == night.published
    made = {file.name for file in night.database.parent.iterdir()}
    assert {"sojourn.db.build.duckdb", ".sojourn.db.lock", "sojourn.build.duckdb", ".sojourn.lock"} <= made


def test_a_build_file_of_somebody_else_is_left_alone(night):
    theirs = night.folder / "made" / "shop.build.duckdb"
    with duckdb.connect(theirs) as connection:
        connection.execute("CREATE TABLE customers AS SELECT 1 AS id")
    before = theirs.read_bytes()
    code, _, err = night.run("--database", "made/shop.duckdb")
    assert (code, err.count("\n")) == (MISTAKE, 1), err
    assert "made/shop.build.duckdb, where the build file of made/shop.duckdb would stand, was not made by" in err
    assert theirs.read_bytes() == before
    code, _, err = night.run("--database", "made/shop.duckdb", "--replace")
    assert (code, theirs.read_bytes() == before) == (MISTAKE, True)


@pytest.mark.parametrize("name", ["", ".", "..", "made/", "made/circle.duckdb"])
def test_a_database_that_is_no_file_is_a_mistake_in_one_line(night, name):
    circle = night.folder / "made" / "circle.duckdb"
    circle.symlink_to(circle.name)
    code, _, err = night.run("--database", name)
    circle.unlink()
    assert (code, err.count("\n")) == (MISTAKE, 1), err
    assert f"setting 'database' is '{Path(name)}': " in err
    night.is_untouched()


def test_a_database_that_is_a_symbolic_link_stays_one(build, tmp_path):
    elsewhere = tmp_path / "disk" / "shop.duckdb"
    elsewhere.parent.mkdir()
    link = tmp_path / "link.duckdb"
    link.symlink_to(elsewhere)
    build.choices["database"] = link
    for count in (1, 2):
        release(build, count)
        assert link.is_symlink()
        assert (events(link), events(elsewhere)) == (count, count)
    assert names(tmp_path, "link") == ["link.duckdb"]


# Modes.


@pytest.fixture
def umask():
    """Sets the umask; it is put back at the end."""
    before = os.umask(0o022)
    yield os.umask
    os.umask(before)


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_the_first_published_file_is_there_to_be_read(build, umask):
    release(build, 1)
    assert mode(build.settings.database) == 0o444


def test_what_an_administrator_sets_on_the_published_file_stays(build, umask):
    release(build, 1)
    path = build.settings.database
    path.chmod(0o640)
    os.chown(path, -1, 4242 if os.getuid() == 0 else -1)
    owned = path.stat().st_gid
    for count in (2, 3, 4):
        release(build, count)
        assert (mode(path), path.stat().st_gid, events(path)) == (0o640, owned, count)
    put_back(build.settings)
    assert (mode(path), path.stat().st_gid) == (0o640, owned)


def test_copies_for_an_audience_honour_the_umask_and_then_keep_their_modes(tmp_path, umask):
    umask(0o077)
    place = tmp_path / "share" / "shop" / "2026-W22"
    copy_files(str(place), {"funnel.html": b"page", "figures/1.png": b"figure"})
    found = [place, *place.rglob("*")]
    assert {mode(path) for path in found if path.is_dir()} == {0o700}
    assert {mode(path) for path in found if path.is_file()} == {0o600}
    place.chmod(0o750)
    copy_files(str(place), {"funnel.html": b"page"})
    assert mode(place) == 0o750


def test_what_is_new_honours_the_umask_and_what_is_replaced_keeps_its_modes(night, umask):
    umask(0o077)
    assert night.run("--database", "new/shop.duckdb", "--reports", "new/reports")[0] == 0
    made = {file.name: mode(file) for file in (night.folder / "new").rglob("*")}
    assert {name: bits for name, bits in made.items() if bits & 0o077} == {}
    page = night.folder / "new" / "reports" / "funnel.html"
    assert (mode(page), mode(page.parent)) == (0o600, 0o700)
    page.chmod(0o644)
    write(night.exports / NEXT, [row(SECONDS + second, "page_view") for second in range(300)])
    assert night.run("--database", "new/shop.duckdb", "--reports", "new/reports")[0] == 0
    assert mode(page) == 0o644
