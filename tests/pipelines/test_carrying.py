"""A build file that is made anew takes what was loaded from the file that it replaces."""

from contextlib import suppress
from datetime import date
from pathlib import Path

import duckdb
import pytest

from models.tables import LOADED
from pipelines.places import WarehouseError, build_path
from pipelines.publishing import publish
from pipelines.warehouse import open_build
from tests.exports_by_hand import DAY, Build, row
from tests.nights_by_hand import NEXT
from tests.test_nights_equal_a_rebuild import everything, night

DAYS = 86400
THIRD = "events_20210103.parquet"
OLDER = """
    ALTER TABLE events DROP COLUMN city;
    ALTER TABLE events ADD COLUMN colour VARCHAR;
    ALTER TABLE events ALTER COLUMN score TYPE VARCHAR;
    ALTER TABLE events DROP COLUMN revenue_as_exported;
    ALTER TABLE loads DROP COLUMN excluded;
    ALTER TABLE loads DROP COLUMN file_state;
    ALTER TABLE sessions DROP COLUMN city;
    CREATE OR REPLACE MACRO build_version() AS 'older version';
"""
VANISHED = "kept: days that have no files any more stay loaded: 2021-01-01; taken over from another file, or read with"


@pytest.fixture
def loaded(build):
    """Three days, each with an item and a quarantined row; the first has no file any more."""
    for number, name in enumerate((DAY, NEXT, THIRD)):
        at = number * DAYS
        answer = row(at + 1, "survey_answer", event_params=[{"key": "score", "value": {"int_value": 7}}])
        bought = {"ecommerce": {"purchase_revenue": 9.5}, "items": [{"item_id": "A"}]}
        build.write(name, row(at, "purchase", geo={"city": "Vejle"}, **bought), answer, row(None))
    build.load()
    publish(build.connection, build.settings)
    build.close()
    (build.exports / DAY).unlink()
    return build


def make_older(path: Path) -> None:
    """Make a file look as if another version had made it, whose tables are others."""
    with duckdb.connect(path) as connection:
        connection.execute(OLDER)


def leave_nothing(build: Build) -> None:
    build_path(build.settings).unlink()


def leave_an_older_published_one(build: Build) -> None:
    leave_nothing(build)
    make_older(build.settings.database)


FILES = {
    "a build file of another version": lambda build: make_older(build_path(build.settings)),
    "a published file": leave_nothing,
    "a published file of another version": leave_an_older_published_one,
}


def held(build, name):
    """What was loaded of a table, row for row, but for when and how it was."""
    hidden = {"loads": "EXCLUDE (loaded_at, file_state, read_with)"}
    return build.ask(f"SELECT * {hidden.get(name, '')} FROM {name} ORDER BY ALL")


@pytest.mark.parametrize("left", FILES)
def test_days_without_files_are_taken_over(loaded, left):
    before = {table.name: held(loaded, table.name) for table in LOADED}
    loaded.close()
    FILES[left](loaded)
    for _ in range(2):
        (line,) = loaded.load().told
        assert line.startswith(VANISHED)
    assert loaded.column("city") == [None if "another" in left else "Vejle", None, *["Vejle", None] * 2]
    loaded.connection.execute("UPDATE events SET city = 'Vejle' WHERE event_name = 'purchase'")
    assert {table.name: held(loaded, table.name) for table in LOADED} == before
    assert loaded.ask("SELECT export_day, file_state = '' FROM loads WHERE read_with = ''") == [
        (date(2021, 1, 1), "another" in left)
    ]


def test_a_day_that_shrank_is_held_against_the_old_file(loaded):
    make_older(build_path(loaded.settings))
    loaded.write(THIRD, row(2 * DAYS))
    loaded.load()
    assert [counts[0] for counts in loaded.counts().values()] == [3, 3, 3]


STEPS = ["pipelines.carrying._carry", "pipelines.warehouse.sync", "pathlib.Path.replace"]


@pytest.mark.parametrize("left", FILES)
@pytest.mark.parametrize("step", STEPS)
def test_who_is_killed_while_taking_over_loses_nothing(loaded, monkeypatch, left, step):
    def die(*_):
        raise KeyboardInterrupt

    FILES[left](loaded)
    with monkeypatch.context() as patch:
        patch.setattr(step, die)
        patch.setattr("pipelines.warehouse._remove", lambda path: None)  # who is killed tidies nothing up
        with suppress(KeyboardInterrupt):
            loaded.load()
    loaded.close()
    loaded.load()
    assert [counts[:2] for counts in loaded.counts().values()] == [(3, 2)] * 3
    loaded.close()
    assert [file.name for file in loaded.settings.database.parent.glob(".*.new*")] == []


def test_a_full_disk_while_taking_over_leaves_all_as_it_was(loaded, monkeypatch):
    path = build_path(loaded.settings)
    make_older(path)
    before = path.read_bytes()

    def fail(_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("pipelines.warehouse.sync", fail)
        with pytest.raises(WarehouseError, match="No space left"), open_build(loaded.settings):
            pass
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.glob(".*.new*")] == []


def test_a_night_over_days_taken_over_equals_a_rebuild(tmp_path):
    build = Build(tmp_path)
    for number, name in enumerate((DAY, NEXT, THIRD)):
        build.write(name, row(number * DAYS, user_id="ida"), row(number * DAYS + 9, "purchase", f"p{number}"))
    night(build.settings)
    make_older(build_path(build.settings))
    first = (build.exports / DAY).rename(tmp_path / DAY)
    found = night(build.settings, everything)
    first.rename(build.exports / DAY)
    fresh = night(build.settings.model_copy(update={"database": tmp_path / "fresh.duckdb"}), everything)
    for name in fresh:
        assert found[name] == fresh[name], name
