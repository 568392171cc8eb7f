"""What analysts open: every table and column with its comment, whole versions only, readable by old drivers."""

import errno
import os
import shutil
import subprocess
import sys
from time import perf_counter

import duckdb
import pytest

from pipelines import warehouse
from pipelines.places import WarehouseError, build_path, draft_path
from pipelines.publishing import publish
from pipelines.versions import kept_versions, put_back
from pipelines.warehouse import open_build
from tests.exports_by_hand import DAY, Build, params, row

# The promise to the people who query the file: shared/spec/tables.md, word for word.
PROMISED = {
    "events": "event_id event_date occurred_at event_name device_id user_id person_id session_id ga_session_id"
    " page_location page_path page_title page_referrer engagement_seconds source medium campaign device_category"
    " operating_system browser language country city hostname platform transaction_id revenue refund currency"
    " item_count search_term score event_params source_file",
    "items": "event_id item_index item_id item_name item_brand item_category price quantity item_revenue",
    "sessions": "session_id person_id device_id journey_id session_number started_at ended_at event_count"
    " page_view_count engagement_seconds channel source medium campaign landing_page exit_page device_category"
    " country is_bounce has_conversion revenue",
    "touchpoints": "touchpoint_id journey_id person_id session_id position touchpoint phase occurred_at event_count"
    " is_conversion channel revenue seconds_to_next",
    "stays": "journey_id stay_number phase entered_at left_at dwell_seconds active_seconds watched_until"
    " touchpoint_count next_state is_censored",
    "journeys": "journey_id person_id journey_number started_at ended_at outcome converted_at touchpoint_count"
    " touchpoints_before_purchase distinct_touchpoints_before_purchase is_mature session_count"
    " sessions_before_purchase seconds_to_purchase furthest_phase last_phase first_channel last_channel"
    " first_touchpoint phase_path revenue customer device_category country source medium campaign",
    "persons": "person_id first_seen_at last_seen_at device_count session_count journey_count purchase_count revenue"
    " first_channel",
    "phase_metrics": "dimension segment phase phase_index reached visited entered_here progressed dropped_off"
    " still_open stopped mature_reached mature_dropped_off mature_still_open drop_off_rate drop_off_low"
    " drop_off_high stays median_dwell_seconds mean_dwell_seconds p90_dwell_seconds median_active_seconds"
    " mean_active_seconds km_median_dwell_seconds",
    "transitions": "part level dimension segment from_state to_state transition_count probability median_seconds"
    " p90_seconds",
    "touchpoints_before_purchase": "dimension segment touchpoint_count journeys share cumulative_share",
    "kpis": "dimension segment journeys converted dropped_off still_open mature_journeys conversion_rate"
    " conversion_low conversion_high median_touchpoints_before_purchase median_seconds_to_purchase purchasers"
    " repurchase_rate_to_date return_rate_to_date revenue lifetime_value_to_date bounce_rate nps",
    "loads": "source_file export_day is_final rows_read events duplicates quarantined content_hash loaded_at",
    "quarantine": "source_file row_number reason content",
    "lifecycle": "lifecycle phase_index phase stage phase_title touchpoint touchpoint_title owner kpi control realm",
    "quality": "name value meaning",
}
TYPES = {
    ("events", "event_date"): "DATE",
    ("events", "occurred_at"): "TIMESTAMP",
    ("events", "ga_session_id"): "BIGINT",
    ("events", "engagement_seconds"): "DOUBLE",
    ("events", "revenue"): "DOUBLE",
    ("events", "refund"): "DOUBLE",
    ("quarantine", "content"): "JSON",
}


def read(path, query):
    with duckdb.connect(path, read_only=True) as reader:
        return reader.execute(query).fetchall()


def release(build):
    publish(build.connection, build.settings)
    return build.settings.database


@pytest.fixture
def published(build):
    build.load(row(0, "purchase", ecommerce={"purchase_revenue": 9.5}, event_params=params(currency="DKK", score=7)))
    return release(build)


def test_every_promised_table_and_column_is_there(published):
    found = read(published, "SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal")
    columns = {(table, name) for table, names in PROMISED.items() for name in names.split()}
    assert columns - set(found) == set()
    types = read(published, "SELECT table_name, column_name, data_type FROM duckdb_columns()")
    assert TYPES.items() <= {(table, name): kind for table, name, kind in types}.items()


def test_every_table_and_column_has_a_comment(published):
    tables = read(published, "SELECT table_name, comment FROM duckdb_tables()")
    columns = read(published, "SELECT table_name, column_name, comment FROM duckdb_columns() WHERE NOT internal")
    assert [one for one in (*tables, *columns) if not one[-1]] == []
    assert dict(tables)["journeys"].startswith("One row per journey")
    assert all(comment.startswith("One row") for _, comment in tables)


OLD_DRIVER = """
import duckdb, sys
print(duckdb.__version__)
con = duckdb.connect(sys.argv[1], read_only=True)
print(con.execute("SELECT event_name, revenue, param_text(event_params, 'currency'), "
                  "param_number(event_params, 'score'), natural_rank(event_name), "
                  "round(wilson_low(1, 10), 4), round(wilson_high(1, 10), 4) FROM events").fetchall())
print(con.execute("SELECT exact_sum(revenue), exact_mean(revenue) FROM events").fetchall())
print(con.execute("SELECT rounded_duration(123456), local_day(quarter_of(occurred_at), 'Asia/Tokyo')::VARCHAR"
                  " FROM events").fetchall())
print(con.execute("SELECT count(*) FROM duckdb_columns() WHERE NOT internal AND comment IS NULL").fetchall())
print(con.execute("SELECT comment FROM duckdb_tables() WHERE table_name = 'events'").fetchall())
for (name,) in con.execute("SELECT table_name FROM duckdb_tables()").fetchall():
    con.execute(f"FROM {name}").fetchall()
"""


@pytest.fixture(scope="session")
def old_driver(tmp_path_factory):
    """A folder with the last DuckDB driver of 1.4, from the package index."""
    folder = tmp_path_factory.mktemp("duckdb-1.4")
    wanted = ["--quiet", "--target", str(folder), "--no-deps", "--only-binary=:all:", "duckdb==1.4.5"]
    version = ["--python-version", f"{sys.version_info.major}.{sys.version_info.minor}"]
    uv, pip = shutil.which("uv", path=os.path.dirname(sys.executable)) or shutil.which("uv"), shutil.which("pip")  # noqa: PTH120
    if not (uv or pip):
        pytest.skip("neither uv nor pip is on this machine to fetch duckdb 1.4.5 with")
    command = [uv, "pip", "install", *wanted] if uv else [pip, "install", *wanted]
    done = subprocess.run([*command, *version], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"duckdb 1.4.5 cannot be fetched here: {done.stderr.strip().splitlines()[-1:]}")
    return folder


@pytest.mark.slow
def test_a_driver_of_the_oldest_release_that_is_promised_reads_the_published_file(published, old_driver):
    done = subprocess.run(
        [sys.executable, "-c", OLD_DRIVER, str(published)],
        env={**os.environ, "PYTHONPATH": str(old_driver)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    version, event, sums, bounds, bare, comment = done.stdout.splitlines()
    assert version == "1.4.5"
    assert event == "[('purchase', 9.5, 'DKK', 7.0, 16, 0.0179, 0.4042)]"
    assert (sums, bare) == ("[(9.5, 9.5)]", "[(0,)]")
    assert bounds == "[(123000, '2021-01-01')]"
    assert "One row per event" in comment


def storage_of(path):
    """The number of a file's storage version: 64 is that of DuckDB 1.0, 67 that of 1.4."""
    return int.from_bytes(path.read_bytes()[12:20], "little")  # after checksum and magic bytes


def test_the_published_file_is_of_the_storage_version_of_duckdb_1_4(published):
    assert storage_of(published) == 67


def test_files_of_an_older_storage_version_are_made_anew_and_can_be_put_back(tmp_path, monkeypatch):
    build = Build(tmp_path, keep_versions=2)
    with monkeypatch.context() as earlier:
        earlier.setattr(warehouse, "STORAGE_VERSION", "v1.0.0")
        earlier.setattr(warehouse, "_versions", lambda: ("of an earlier version", ""))
        with open_build(build.settings) as connection:
            connection.execute("INSERT INTO events (event_id, event_name, occurred_at) VALUES (1, 'page_view', now())")
            publish(connection, build.settings)
    files = [build_path(build.settings), build.settings.database]
    assert [storage_of(path) for path in files] == [64, 64]
    with open_build(build.settings) as connection:
        publish(connection, build.settings)
    (kept,) = kept_versions(build.settings)
    assert [storage_of(path) for path in (*files, kept.path)] == [67, 67, 64]
    assert [read(path, "SELECT count(*) FROM events") for path in (*files, kept.path)] == [[(1,)]] * 3
    put_back(build.settings)
    assert storage_of(build.settings.database) == 64
    with open_build(build.settings) as connection:
        publish(connection, build.settings)
    assert [storage_of(path) for path in files] == [67, 67]


def test_readers_keep_the_old_rows_and_the_next_ones_see_the_new(build, published):
    script = "import duckdb, sys; c = duckdb.connect(sys.argv[1], read_only=True); print(1, flush=True); input();"
    script += " print(c.execute('SELECT count(*) FROM events').fetchall())"
    with subprocess.Popen(
        [sys.executable, "-c", script, str(published)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as reader:
        reader.stdout.readline()
        build.load(row(0), row(1))
        release(build)
        old, _ = reader.communicate("\n", timeout=60)
    assert old.strip() == "[(1,)]"
    assert read(published, "SELECT count(*) FROM events") == [(2,)]


def test_row_groups_are_put_together_once_a_week(build):
    groups = "SELECT count(DISTINCT row_group_id) FROM pragma_storage_info('events')"
    found = []
    for day in (1, 2, 7, 8, 9):
        build.write(f"events_2021010{day}.parquet", row((day - 1) * 86400))
        build.load()
        found += read(release(build), groups)
    assert found == [(1,), (2,), (3,), (1,), (2,)]
    assert read(build.settings.database, "SELECT count(*) FROM events") == [(5,)]


def test_a_last_day_that_went_again_does_not_keep_row_groups_apart(build):
    groups = "SELECT count(DISTINCT row_group_id) FROM pragma_storage_info('events')"
    far = build.write("events_20300101.parquet", row(9 * 365 * 86400))
    build.load()
    release(build)
    far.unlink()
    for day in (1, 2):
        build.write(f"events_2021010{day}.parquet", row((day - 1) * 86400))
        build.load(vanished_days="drop")
    release(build)
    build.write("events_20210109.parquet", row(8 * 86400))
    build.load()
    assert read(release(build), groups) == [(1,)]


def test_nothing_but_the_new_version_and_the_one_before_is_left_behind(build, published):
    release(build)
    names = {file.name for file in published.parent.iterdir()}
    assert names == {"sojourn.duckdb", "sojourn.build.duckdb", ".sojourn.lock", "versions"}
    assert len(list((published.parent / "versions").iterdir())) == 1


@pytest.mark.parametrize("step", ["os.copy_file_range", "os.fsync", "pathlib.Path.mkdir", "pathlib.Path.replace"])
def test_a_version_that_cannot_be_written_leaves_the_old_one_as_it_was(build, published, monkeypatch, step):
    before = published.read_bytes()
    build.load(row(0), row(1))

    def fail(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(step, fail)
    with pytest.raises(WarehouseError, match=r"cannot be published: No space left on device; it is as it was"):
        release(build)
    assert published.read_bytes() == before
    assert [file.name for file in published.parent.iterdir() if file.name.endswith(".new")] == []


def test_half_a_version_left_by_a_crash_is_written_over(build, published):
    beside = draft_path(build.settings)
    beside.write_bytes(b"half")
    release(build)
    assert not beside.exists()


@pytest.mark.parametrize("trouble", [errno.EXDEV, errno.ENOSYS, None], ids=["unable", "unknown", "not on this system"])
def test_where_the_system_cannot_copy_by_itself_it_is_copied_all_the_same(build, published, monkeypatch, trouble):
    def fail(*_):
        raise OSError(trouble, os.strerror(trouble))

    build.load(row(0), row(1))
    if trouble:
        monkeypatch.setattr(os, "copy_file_range", fail)
    else:
        monkeypatch.delattr(os, "copy_file_range")
    release(build)
    assert published.read_bytes() == build_path(build.settings).read_bytes()


# The build file.


def test_a_build_file_of_another_version_is_made_anew(build, monkeypatch):
    build.load(row())
    build.close()
    with open_build(build.settings) as connection:
        assert connection.execute("SELECT count(*) FROM events").fetchall() == [(1,)]
        connection.execute("ALTER TABLE sessions DROP COLUMN city")
        connection.execute("CREATE OR REPLACE MACRO build_version() AS 'older version'")
    with open_build(build.settings) as connection:
        assert connection.execute(
            "SELECT count(events.city), count(sessions.city) FROM events, sessions"
        ).fetchall() == [(0, 0)]
    build.load()
    assert build.counts() == {DAY: (1, 1, 0, 0, 0)}


def test_a_build_file_that_a_killed_run_left_empty_is_made_anew(tmp_path):
    build = Build(tmp_path)
    path = build_path(build.settings)
    path.parent.mkdir()
    duckdb.connect(path).close()
    build.load(row())
    assert len(build.events()) == 1
    build.close()


def test_comments_and_macros_are_renewed_and_the_rows_stay(build, monkeypatch):
    build.load(row())
    build.close()
    with open_build(build.settings) as connection:
        connection.execute("COMMENT ON TABLE events IS 'old'")
        tables = warehouse._versions()[0]
        connection.execute(f"CREATE OR REPLACE MACRO build_version() AS '{tables} old'")
    with open_build(build.settings) as connection:
        query = "SELECT comment, estimated_size FROM duckdb_tables() WHERE table_name = 'events'"
        ((comment, size),) = connection.execute(query).fetchall()
    assert comment.startswith("One row per event")
    assert size == 1


def test_opening_a_build_file_again_writes_nothing(build):
    build.load(row())
    build.close()
    path = build_path(build.settings)
    before = path.read_bytes()
    started = perf_counter()
    for _ in range(3):
        with open_build(build.settings):
            pass
    assert path.read_bytes() == before
    assert perf_counter() - started < 3


def overwrite(path, place, size=200_000):
    with path.open("r+b") as file:
        file.seek(place)
        file.write(b"no database" * (size // 11))


DAMAGES = {
    "no database": lambda path: path.write_bytes(b"no database" * 1000),
    "empty": lambda path: path.write_bytes(b""),
    "cut off": lambda path: os.truncate(path, 20_000),
    "its second header": lambda path: overwrite(path, 4096),
    "its blocks": lambda path: overwrite(path, 3 * 4096, path.stat().st_size),
}


def test_a_build_file_that_is_damaged_is_said_with_what_to_do(build):
    build.load(row())
    publish(build.connection, build.settings)
    build.close()
    published, path = build.settings.database, build_path(build.settings)
    aside = published.replace(published.with_name("aside"))
    for name, damage in DAMAGES.items():
        damage(path)
        for advice in ("copy .*sojourn.duckdb over it", "delete it and run again"):
            if advice.startswith("copy"):
                shutil.copy(aside, published)
            else:
                published.unlink()
            with (
                pytest.raises(WarehouseError, match=rf"build.duckdb is damaged \(.*\): {advice}") as error,
                open_build(build.settings) as connection,
            ):
                connection.execute("CREATE TEMP TABLE seen AS FROM events")
            assert "\n" not in str(error.value), name
        shutil.copy(aside, path)
        assert len(build.events()) == 1
        build.close()


def test_memory_that_ran_out_names_its_setting_not_the_disk(build):
    build.load(row())
    build.close()
    build.choices["memory_limit"] = "64MB"
    texts = "SELECT repeat('x', 1000) AS text FROM range(1000000)"
    with (
        pytest.raises(WarehouseError, match="needs more memory than memory_limit allows, 64MB: raise it") as error,
        open_build(build.settings) as connection,
    ):
        connection.execute(f"CREATE TEMP TABLE large AS SELECT list(text) FROM ({texts})")
    assert "disk" not in str(error.value)
