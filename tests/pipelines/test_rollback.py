"""Versions that were published before: how many are kept, and how one is put back."""

import errno
import os
import re
import sys
from pathlib import Path

import duckdb
import pytest

from models.settings import Settings
from pipelines.cli.app import main
from pipelines.publishing import publish
from pipelines.versions import NoVersionError, keep_published, kept_versions, published_version, put_back
from pipelines.warehouse import WarehouseError
from tests.exports_by_hand import row, write
from tests.nights_by_hand import FAILURE, MISTAKE, NEXT, SECONDS


def events(path):
    with duckdb.connect(path, read_only=True) as reader:
        return reader.execute("SELECT count(*) FROM events").fetchall()[0][0]


class Publisher:
    """Publishes versions that are told apart by how many events they hold."""

    def __init__(self, build):
        self.build = build

    @property
    def settings(self):
        return self.build.settings

    def publish(self, count, **choices):
        self.build.choices |= choices
        self.build.hold(count)
        publish(self.build.connection, self.settings)

    @property
    def published(self):
        return events(self.settings.database)

    @property
    def kept(self):
        return [events(version.path) for version in kept_versions(self.settings)]


@pytest.fixture
def publisher(build):
    return Publisher(build)


def test_the_version_before_is_kept_under_its_number_and_time(publisher):
    publisher.publish(1)
    assert publisher.kept == []
    first = published_version(publisher.settings)
    publisher.publish(2)
    assert (publisher.published, publisher.kept) == (2, [1])
    (kept,) = kept_versions(publisher.settings)
    assert (first.name, kept.name, published_version(publisher.settings).name) == ("1", "1", "2")
    assert re.fullmatch(r"sojourn_1_\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{6}Z\.duckdb", kept.path.name)
    assert kept.published_at == first.published_at


def set_back(path, days):
    """Have a file be of days ago, as if the clock had said so when it was written; or of days to come."""
    then = path.stat().st_mtime_ns - days * 86400 * 10**9
    os.utime(path, ns=(then, then))


def test_versions_keep_their_order_when_the_clock_is_put_back(publisher):
    publisher.publish(1)
    set_back(publisher.settings.database, days=-1)
    for count in (2, 3):
        publisher.publish(count, keep_versions=3)
        set_back(publisher.settings.database, days=count)
    assert publisher.kept == [2, 1]
    publisher.publish(4)
    assert publisher.kept == [3, 2]
    put_back(publisher.settings)
    assert (publisher.published, publisher.kept) == (3, [4, 2])
    publisher.publish(5)
    assert (publisher.published, publisher.kept) == (5, [3, 4])


def test_versions_that_an_earlier_release_kept_can_be_put_back_and_are_the_oldest(publisher):
    publisher.publish(1)
    publisher.publish(2, keep_versions=3)
    (kept,) = kept_versions(publisher.settings)
    kept.path.rename(kept.path.with_name(f"sojourn_{kept.stamp}.duckdb"))
    publisher.publish(3)
    assert publisher.kept == [2, 1]
    put_back(publisher.settings, kept.stamp)
    assert (publisher.published, publisher.kept) == (1, [3, 2])


def test_a_run_that_was_cut_off_before_the_rename_counts_the_published_version_once(publisher):
    publisher.publish(1)
    keep_published(publisher.settings)
    assert (publisher.kept, published_version(publisher.settings).name) == ([], "1")
    publisher.publish(2)
    assert publisher.kept == [1]


def test_as_many_versions_as_the_setting_says_are_kept_with_the_published_one(publisher):
    for count in range(1, 6):
        publisher.publish(count, keep_versions=3)
    assert (publisher.published, publisher.kept) == (5, [4, 3])
    publisher.publish(6, keep_versions=1)
    assert (publisher.published, publisher.kept) == (6, [])
    assert list((publisher.settings.database.parent / "versions").iterdir()) == []


def test_a_kept_version_takes_no_room_of_its_own_while_it_is_published(publisher, monkeypatch):
    publisher.publish(1)
    before = publisher.settings.database.stat().st_ino
    publisher.publish(2)
    assert kept_versions(publisher.settings)[0].path.stat().st_ino == before


def test_where_a_file_can_have_one_name_only_it_is_copied(publisher, monkeypatch):
    def refuse(*_):
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    publisher.publish(1)
    folder = publisher.settings.database.parent / "versions"
    folder.mkdir()
    (folder / "sojourn_2020.new").write_bytes(b"half")
    publisher.publish(2)
    assert (publisher.published, publisher.kept) == (2, [1])
    assert [file.suffix for file in folder.iterdir()] == [".duckdb"]


def test_a_rollback_puts_the_version_before_back_and_can_be_undone(publisher):
    publisher.publish(1)
    publisher.publish(2)
    put_back(publisher.settings)
    assert (publisher.published, publisher.kept) == (1, [2])
    put_back(publisher.settings)
    assert (publisher.published, publisher.kept) == (2, [1])


def test_a_run_after_a_rollback_keeps_the_version_that_was_seen_last(publisher):
    publisher.publish(1)
    publisher.publish(2)
    put_back(publisher.settings)
    publisher.publish(3)
    assert (publisher.published, publisher.kept) == (3, [1])


def test_any_kept_version_can_be_put_back_by_its_name(publisher):
    for count in (1, 2, 3, 4):
        publisher.publish(count, keep_versions=4)
    put_back(publisher.settings, kept_versions(publisher.settings)[1].name)
    assert (publisher.published, publisher.kept) == (2, [4, 3, 1])


def test_a_reader_keeps_the_version_that_it_opened_through_a_rollback(publisher):
    publisher.publish(1)
    publisher.publish(2)
    path = publisher.settings.database
    with path.open("rb") as reader:
        before = path.read_bytes()
        put_back(publisher.settings)
        assert reader.read() == before


@pytest.mark.parametrize("step", ["utime", "replace"])
def test_a_rollback_that_is_cut_off_is_as_if_it_had_not_been(publisher, monkeypatch, step):
    publisher.publish(1)
    publisher.publish(2)
    target = {"utime": "os.utime", "replace": "pathlib.Path.replace"}[step]
    with monkeypatch.context() as patch:
        patch.setattr(target, lambda *_: (_ for _ in ()).throw(OSError(errno.EIO, "Input/output error")))
        with pytest.raises(WarehouseError, match="cannot be put back: Input/output error"):
            put_back(publisher.settings)
    assert (publisher.published, publisher.kept) == (2, [1])
    put_back(publisher.settings)
    assert (publisher.published, publisher.kept) == (1, [2])


def test_files_of_others_in_the_folder_are_left_alone(publisher):
    folder = publisher.settings.database.parent / "versions"
    folder.mkdir(parents=True)
    others = ["sojourn_other_2026-01-01T00-00-00.000000Z.duckdb", "notes.txt", "sojourn_of_me.duckdb"]
    for name in others:
        (folder / name).write_bytes(b"")
    for count in (1, 2, 3):
        publisher.publish(count)
    assert publisher.kept == [2]
    assert {file.name for file in folder.iterdir()} > set(others)


def test_without_a_version_there_is_nothing_to_roll_back_to(publisher):
    publisher.publish(1)
    with pytest.raises(NoVersionError, match=r"there is no version of .* to roll back to: a run keeps the one before"):
        put_back(publisher.settings)


# The command.

SETTINGS = Settings(database=Path("made/sojourn.duckdb"), reports=Path("made/reports"))


@pytest.fixture
def second_night(night):
    """Two nights: the second found three events where the first had 200."""
    write(night.exports / NEXT, [row(SECONDS + second, "page_view") for second in range(3)])
    assert night.run("--accept-shrunken")[0] == 0
    return night


def rollback(night, *words):
    paths = ["--database", "made/sojourn.duckdb"] + ([] if "--list" in words else ["--reports", "made/reports"])
    night.monkeypatch.setattr(sys, "argv", ["sojourn", "rollback", *paths, *words])
    with pytest.raises(SystemExit) as ended:
        main()
    out, err = night.capsys.readouterr()
    return ended.value.code or 0, out, err


def test_the_command_puts_tables_page_and_graphs_back(second_night):
    now = published_version(SETTINGS).name
    page = second_night.folder / "made" / "reports" / "funnel.html"
    graph = second_night.folder / "made" / "reports" / "transitions_phase.graphml"
    before = page.read_text(), graph.stat().st_ino
    code, out, err = rollback(second_night)
    assert (code, err) == (0, "")
    assert second_night.database.read_bytes() == second_night.published
    assert page.read_text() != before[0]
    assert graph.stat().st_ino != before[1]
    assert re.fullmatch(
        r"database  made/sojourn.duckdb is version 1 again, 20\S+ \d\d:\d\d UTC\n"
        rf"kept      version {now}, 20\S+ \d\d:\d\d UTC; `sojourn rollback` puts it back\n"
        r"page      made/reports/funnel.html\n"
        r"next      the next run publishes anew, from the exports\n",
        out,
    )
    assert second_night.run()[0] == 0
    assert events(second_night.database) == 203


def test_the_command_lists_the_versions(second_night):
    code, out, _ = rollback(second_night, "--list")
    kept, published = (
        kept_versions(SETTINGS),
        published_version(SETTINGS),
    )
    head, first, second = out.splitlines()
    assert (code, head.split()[0]) == (0, "version")
    assert re.fullmatch(
        rf"{published.name} +20\S+ \d\d:\d\d UTC +\d+\.\d +2021-01-01 to 2021-01-02 +published", first.strip()
    )
    assert re.fullmatch(
        rf"{kept[0].name} +20\S+ \d\d:\d\d UTC +\d+\.\d +2021-01-01 to 2021-01-02 +kept", second.strip()
    )
    assert rollback(second_night, "--to", kept[0].name)[0] == 0


def test_a_rollback_to_nothing_is_a_mistake_in_one_line(night, second_night):
    code, _, err = rollback(night, "--to", "yesterday")
    assert (code, err.count("\n")) == (MISTAKE, 1)
    assert "there is no version 'yesterday' of made/sojourn.duckdb; there is 1" in err
    for file in (night.database.parent / "versions").iterdir():
        file.unlink()
    code, _, err = rollback(night)
    assert (code, err.count("\n")) == (MISTAKE, 1)
    assert "there is no version of made/sojourn.duckdb to roll back to" in err


def test_a_version_that_the_page_cannot_be_drawn_from_is_put_back_and_said(second_night):
    (kept,) = kept_versions(SETTINGS)
    with duckdb.connect(kept.path) as connection:
        connection.execute("DROP TABLE kpis")
    code, _, err = rollback(second_night)
    assert (code, err.count("\n")) == (FAILURE, 1)
    assert "is put back, but the page cannot be drawn from it" in err
    assert events(second_night.database) == 400
