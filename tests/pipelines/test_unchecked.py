"""Checks look at what changed since all of them passed, find there what they find in whole tables, and remember."""

from contextlib import closing
from datetime import date
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from models.settings import Settings, read_settings
from models.tables import STALE_JOURNEYS, STALE_PEOPLE, TABLES, UNCHECKED_DAYS
from pipelines import loading
from pipelines.checks import contract_breaches, reconcile
from pipelines.days import find_days, load_days
from pipelines.definitions import build_definitions
from pipelines.locking import free_locks
from pipelines.places import build_path
from pipelines.rebuilding import rebuild
from pipelines.rules import reconciliations
from pipelines.sample import write_sample
from pipelines.unchecked import note_all_unchecked, unchecked_rows
from pipelines.warehouse import first_row, open_build
from tests.exports_by_hand import DAY, Build, row
from tests.nights_by_hand import copy_night
from tests.pipelines.test_definitions import run_job
from tests.test_equals_reference import writers

pytestmark = pytest.mark.filterwarnings("ignore::dagster.BetaWarning", "ignore::dagster.PreviewWarning")

FIRST_DAY = date(2026, 6, 19)
"""The first day of a sample of twelve days."""
WHOLE = {"ops": {"exports": {"config": {"is_whole": True}}}}
LAST = "(SELECT max(export_date) FROM unchecked_days)"
FIRST = "(SELECT min(export_date) FROM events)"
STALE = "(SELECT journey_id FROM stale_journeys)"
PEOPLE = "(SELECT person_id FROM stale_people)"


def rewrite_last_day(settings: Settings, share: int) -> None:
    """Leave out a part of the events of the last day."""
    file = max(find_days(settings).days.items())[1][0].address
    rows = f"(FROM '{file}' WHERE event_timestamp % {share} <> 0)"
    duckdb.execute(f"CREATE OR REPLACE TABLE kept AS {rows}; COPY kept TO '{file}'")


def settings_in(folder: Path) -> Settings:
    return read_settings(
        exports=str(folder / "exports"),
        database=folder / "made" / "sojourn.duckdb",
        reports=folder / "made" / "reports",
        timezone="Europe/Copenhagen",
    )


def open_shop(folder: Path) -> None:
    """A shop in a folder, after a night that published."""
    write_sample(folder / "exports", days=12, users=120, seed=7)
    assert run_job(settings_in(folder), WHOLE, FIRST_DAY).success
    free_locks()


def copy_shop(shop: Path, folder: Path) -> Settings:
    """Copy a shop to another folder, where its tables tell of the exports that are copied along."""
    copy_night(shop, folder)
    settings = settings_in(folder)
    with duckdb.connect(build_path(settings)) as connection:
        for table in ("events", "loads", "quarantine"):
            connection.execute(f"UPDATE {table} SET source_file = replace(source_file, '{shop}', '{folder}')")
    return settings


@pytest.fixture(scope="module")
def opened(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("opened")
    open_shop(folder)
    return folder


@pytest.fixture
def shop(opened, tmp_path) -> Settings:
    return copy_shop(opened, tmp_path)


@pytest.fixture(scope="module")
def changed(opened, tmp_path_factory):
    """The build file of a night that published, and then loaded and counted its last day anew."""
    settings = copy_shop(opened, tmp_path_factory.mktemp("changed"))
    rewrite_last_day(settings, 3)
    with open_build(settings) as connection:
        load_days(connection, find_days(settings).days, settings)
        rebuild(connection, settings)
        for write in writers(settings):
            write(connection.cursor())
        yield connection


RULES = {f"{rule.table}__{rule.name}": rule for rule in reconciliations()}


def breaches_of(connection, where: str) -> list[str]:
    """What the contract of a table finds, or a reconciliation."""
    return reconcile(connection, RULES[where]) if where in RULES else contract_breaches(connection, TABLES[where])


def all_breaches(connection) -> list[str]:
    return [f"{where}: {line}" for where in (*TABLES, *RULES) for line in breaches_of(connection, where)]


def count(connection, what: str) -> int:
    return (first_row(connection, f"SELECT count(*) FROM {what}") or (0,))[0]


def test_after_a_night_nothing_is_left_to_look_at(shop):
    with open_build(shop) as connection:
        assert [count(connection, table.name) for table in (UNCHECKED_DAYS, STALE_PEOPLE, STALE_JOURNEYS)] == [0, 0, 0]
        for name in ("events", "items", "sessions", "touchpoints", "stays", "journeys", "devices", "persons"):
            assert count(connection, unchecked_rows(connection, TABLES[name])) == 0


def test_a_first_day_of_which_nothing_is_followed_breaks_nothing_and_is_told_as_nothing(tmp_path):
    with closing(Build(tmp_path)) as build:
        build.write(DAY, row(user_pseudo_id=None))
        build.load()
        rebuild(build.connection, build.settings)
        for write in writers(build.settings):
            write(build.connection.cursor())
        assert (count(build.connection, "events"), count(build.connection, "journeys")) == (1, 0)
        assert all_breaches(build.connection) == []
        told = "SELECT DISTINCT dimension, reached, drop_off_rate FROM phase_metrics"
        assert build.connection.execute(told).fetchall() == [("all", 0, None)]


def test_a_night_looks_at_the_rows_that_it_changed(changed):
    for name in ("events", "items", "devices", "sessions", "touchpoints", "stays", "journeys", "persons"):
        looked_at = count(changed, unchecked_rows(changed, TABLES[name]))
        assert 0 < looked_at < count(changed, name)
    assert count(changed, unchecked_rows(changed, TABLES["events"])) == count(
        changed, f"events WHERE export_date = {LAST}"
    )


DAMAGES = [
    ("events", f"INSERT INTO events FROM events WHERE export_date = {LAST} LIMIT 1", "event_id that another row has"),
    (
        "events",
        f"UPDATE events SET event_id = (SELECT event_id FROM events WHERE export_date = {FIRST} LIMIT 1)"
        f" WHERE rowid = (SELECT max(rowid) FROM events WHERE export_date = {LAST})",
        "1 rows with a event_id that another row has",
    ),
    ("events", f"UPDATE events SET event_name = NULL WHERE export_date = {LAST}", "rows without event_name"),
    (
        "items",
        f"INSERT INTO items FROM items WHERE export_date = {LAST} LIMIT 1",
        "event_id and item_index that another row has",
    ),
    ("items", f"UPDATE items SET event_id = event_id + 1 WHERE export_date = {LAST}", "event_id is not in events"),
    ("items", f"DELETE FROM events WHERE export_date = {LAST}", "event_id is not in events"),
    ("loads", "UPDATE loads SET content_hash = NULL", "rows without content_hash"),
    ("quarantine", "UPDATE quarantine SET reason = 'none'", "none of 'no event_timestamp'"),
    ("devices", f"INSERT INTO devices FROM devices WHERE person_id IN {PEOPLE} LIMIT 1", "that another row has"),
    ("sessions", f"INSERT INTO sessions FROM sessions WHERE journey_id IN {STALE} LIMIT 1", "that another row has"),
    ("sessions", f"UPDATE sessions SET channel = NULL WHERE journey_id IN {STALE}", "rows without channel"),
    ("sessions", f"DELETE FROM devices WHERE person_id IN {PEOPLE}", "device_id is not in devices"),
    ("touchpoints", f"DELETE FROM journeys WHERE journey_id IN {STALE}", "journey_id is not in journeys"),
    ("touchpoints", f"DELETE FROM sessions WHERE journey_id IN {STALE}", "session_id is not in sessions"),
    (
        "touchpoints",
        f"DELETE FROM stale_journeys; DELETE FROM events WHERE export_date = {LAST}",
        "event_id is not in events",
    ),
    ("stays", f"INSERT INTO stays FROM stays WHERE journey_id IN {STALE} LIMIT 1", "that another row has"),
    ("journeys", f"UPDATE journeys SET outcome = 'lost' WHERE journey_id IN {STALE}", "none of 'converted'"),
    ("persons", f"UPDATE persons SET first_channel = NULL WHERE person_id IN {PEOPLE}", "rows without first_channel"),
    ("transitions", "UPDATE transitions SET probability = 1.5", "is no share from 0 to 1"),
    ("phase_metrics", "INSERT INTO phase_metrics FROM phase_metrics LIMIT 1", "that another row has"),
    (
        "journeys__hold_every_touchpoint",
        "DELETE FROM touchpoints"
        f" WHERE touchpoint_id = (SELECT max(touchpoint_id) FROM touchpoints WHERE journey_id IN {STALE})",
        "journey_id",
    ),
    (
        "stays__hold_every_touchpoint_once",
        f"UPDATE stays SET touchpoint_count = touchpoint_count + 1 WHERE journey_id IN {STALE}",
        "touchpoint_count",
    ),
    ("events__are_as_many_as_loads_say", f"DELETE FROM events WHERE export_date = {LAST}", "found 0"),
    ("events__are_as_many_as_loads_say", f"DELETE FROM events WHERE export_date = {FIRST}", "found 0"),
    (
        "sessions__hold_every_followed_event",
        f"DELETE FROM sessions WHERE session_id = (SELECT max(session_id) FROM sessions WHERE journey_id IN {STALE})",
        "in_sessions",
    ),
]


@pytest.mark.parametrize(("where", "damage", "breach"), DAMAGES)
def test_what_a_night_breaks_is_found_among_what_it_changed(changed, where, damage, breach):
    assert breaches_of(changed, where) == []
    changed.begin()
    changed.execute(damage)
    found = breaches_of(changed, where)
    changed.rollback()
    assert any(breach in line for line in found), found


def test_where_no_checks_passed_yet_or_other_ones_did_all_rows_are_looked_at(changed, monkeypatch):
    changed.begin()
    old = f"SELECT first(session_id) FROM sessions WHERE started_at < {LAST} - 7"
    changed.execute(f"UPDATE sessions SET channel = NULL WHERE session_id = ({old})")
    assert all_breaches(changed) == []
    with monkeypatch.context() as patch:
        patch.setattr("pipelines.unchecked.of_checks", lambda: "others")
        assert all_breaches(changed) == ["sessions: 1 rows without channel"]
    note_all_unchecked(changed)
    assert all_breaches(changed) == ["sessions: 1 rows without channel"]
    changed.rollback()


def test_in_the_first_night_of_a_week_all_rows_are_looked_at(changed):
    assert unchecked_rows(changed, TABLES["sessions"]) != "sessions"
    changed.begin()
    changed.execute("INSERT INTO loads SELECT * REPLACE (max(export_day) OVER () + 7 AS export_day) FROM loads LIMIT 1")
    assert unchecked_rows(changed, TABLES["sessions"]) == "sessions"
    changed.rollback()


# What is remembered.


def failed(result) -> set[tuple[str, str]]:
    return {
        (check.asset_key.to_user_string(), check.check_name)
        for check in result.get_asset_check_evaluations()
        if not check.passed
    }


def run_only(settings: Settings, *assets: str):
    """Run assets without any of the checks but that which publishing makes itself."""
    definitions = build_definitions(settings)
    chosen = dg.AssetSelection.assets(*assets).required_multi_asset_neighbors().without_checks()
    own = dg.AssetSelection.checks(dg.AssetCheckKey(dg.AssetKey("published_database"), "stands_alone"))
    only = dg.define_asset_job("only", selection=chosen | own)
    with dg.DagsterInstance.ephemeral() as instance:
        job = dg.Definitions.merge(definitions, dg.Definitions(jobs=[only])).resolve_job_def("only")
        return job.execute_in_process(instance=instance, raise_on_error=False)


def test_what_did_not_pass_fails_again_every_night_until_it_is_mended(shop, monkeypatch):
    record = loading.record

    def damage(connection, local, settings):
        found = record(connection, local, settings)
        connection.execute("UPDATE items SET event_id = event_id + 1 WHERE export_date IN (FROM unsettled)")
        return found

    rewrite_last_day(shop, 3)
    with monkeypatch.context() as patch:
        patch.setattr(loading, "record", damage)
        assert failed(run_job(shop, WHOLE, FIRST_DAY)) == {("items", "contract")}
    assert failed(run_job(shop, WHOLE, FIRST_DAY)) == {("items", "contract")}
    assert run_only(shop, "sessions", "kpis", "published_database").success
    assert failed(run_job(shop, WHOLE, FIRST_DAY)) == {("items", "contract")}
    rewrite_last_day(shop, 5)
    assert failed(run_job(shop, WHOLE, FIRST_DAY)) == set()
    with open_build(shop) as connection:
        assert [count(connection, table.name) for table in (UNCHECKED_DAYS, STALE_PEOPLE, STALE_JOURNEYS)] == [0, 0, 0]


def test_what_was_written_after_its_checks_passed_is_looked_at_again(shop):
    rewrite_last_day(shop, 3)
    with open_build(shop) as connection:
        load_days(connection, find_days(shop).days, shop)
    assert run_only(shop, "published_database").success
    with open_build(shop) as connection:
        assert count(connection, UNCHECKED_DAYS.name) == 1
    assert run_job(shop, WHOLE, FIRST_DAY).success
    with open_build(shop) as connection:
        assert count(connection, UNCHECKED_DAYS.name) == 0
