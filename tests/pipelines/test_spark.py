"""Nights on Spark: the same tables as the local engine's, row for row, and one line for what goes wrong."""

import pickle
import shutil
import sys
import time
from base64 import b64encode
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest
from pyspark import SparkContext
from pyspark.errors import PySparkException

from models.errors import UserError
from models.lifecycle import LifecycleError
from models.settings import Settings, SettingsError
from models.tables import TABLES
from pipelines.engines.spark import exchange, failures
from pipelines.engines.spark.session import close_session, open_session
from pipelines.exports import ExportError, StoreError
from pipelines.places import exchange_path
from tests.clusters_by_hand import free_port
from tests.exports_by_hand import params, row, write
from tests.nights_by_hand import FAILURE, MISTAKE, NEXT
from tests.test_equals_reference import LIFECYCLES
from tests.test_nights_equal_a_rebuild import everything
from tests.test_nights_equal_a_rebuild import night as run_night

DAYS = 86400
CHOSEN = {
    "lifecycle": str(LIFECYCLES / "shop.yaml"),
    "identity": "device",
    "segments": ("browser",),
    "personas": {"buyers": "purchase_count > 0"},
}
ITEM = {"item_id": "a", "item_name": "Shoe", "price": 2.5, "quantity": 2}


@pytest.fixture
def world(tmp_path, monkeypatch):
    """Two days in small parts: twins, duplicates and faults within files and across them, in three formats."""
    monkeypatch.setattr("pipelines.engines.spark.files.PART_BYTES", 1)
    folder = tmp_path / "exports"
    twice = row(5, "purchase", "ana", event_params=params(transaction_id="t1"), items=[ITEM])
    write(folder / "events_20210101_000000000000.parquet", [row(0), row(0), row(5, "purchase", "bo"), twice])
    write(folder / "events_20210101_000000000001.json", [
        twice,
        row(5, "purchase", "ana", event_params=params(transaction_id="t2"), odd="a field of its own"),
        row(5, "purchase", "ana", event_params=params(transaction_id="t2"), odd="another"),
        row(7, None),
        row(9, "internal", "ana"),
        row(3600, "page_view", "ana", user_id="u1", event_params=params(page_location="https://s.example/a?b")),
    ])  # fmt: skip
    with (folder / "events_20210101_000000000001.json").open("a") as lines:
        lines.write("no JSON\n")
    seen = [row(DAYS + n, "page_view", f"p{n % 7}", user_id="u1" if n == 3 else None) for n in range(99)]
    asked = [row(DAYS + 200, "survey_answer", "p1", event_params=params(survey="nps", score=9))]
    write(folder / NEXT, seen + asked)
    (tmp_path / "desk.csv").write_text(
        "occurred_at,user_id,event_name\n2021-01-02T09:00:00Z,u1,help\n2021-01-02,eve,\n"
    )
    return folder


def settings_of(folder, engine, **more):
    return Settings(
        exports=str(folder / "exports"),
        database=folder / engine / "shop.duckdb",
        engine=engine,
        spark_master="local[2]",
        journey_window=timedelta(hours=6),
        batch_rows=20,
        **{"exclude": "event_name = 'internal'", **more},
    )


@pytest.mark.parametrize("more", [{}, CHOSEN], ids=["defaults", "chosen"])
def test_a_night_on_spark_equals_a_local_one(world, tmp_path, more):
    fed = {"feeds": (str(tmp_path / "desk.csv"),)} if more else {}
    local, spark = (
        run_night(settings_of(tmp_path, engine, **more, **fed), everything) for engine in ("local", "spark")
    )
    assert spark == local
    assert len(spark["quarantine"]) == 2 + len(fed)
    assert any("'nps'" in one for one in spark["touchpoints"]) == bool(more)
    assert not exchange_path(settings_of(tmp_path, "spark")).exists()


def test_a_run_on_spark_publishes_the_file_and_the_page_that_a_local_one_does(night):
    made = []
    for words in ((), on("local[2]")):
        shutil.rmtree(night.database.parent)
        assert night.run(*words)[0] == 0
        made.append((published(night.database), (night.database.parent / "reports" / "funnel.html").read_bytes()))
    assert made[1] == made[0]
    assert night.database.with_name("sojourn.spark.log").exists()


def published(database):
    """All rows of the tables of the contracts, but when they were loaded."""
    with duckdb.connect(database, read_only=True) as connection:
        hidden = {"loads": "EXCLUDE (loaded_at, file_state)"}
        return {
            name: sorted(map(repr, connection.execute(f"SELECT * {hidden.get(name, '')} FROM {name}").fetchall()))
            for name in TABLES
        }


@pytest.mark.slow
def test_a_night_after_equals_a_local_one_whichever_engine_was_before(world, tmp_path):
    engines = [settings_of(tmp_path, engine) for engine in ("local", "spark")]
    for one in engines:
        run_night(one)
    write(world / "events_20210103.avro", [row(2 * DAYS, "page_view", "p1"), row(2 * DAYS, "page_view", "new")])
    (world / "events_20210101_000000000001.json").unlink()
    write(world / NEXT, [row(DAYS, "purchase", "p2")])
    local, spark = (run_night(one, everything) for one in engines)
    assert spark == local
    assert sum("2021, 1, 2" in one for one in spark["loads"]) == 1
    assert len(spark["events"]) == 6 + 100 + 2
    swapped = (
        one.model_copy(update={"engine": engine, "shrunken_days": "load"})
        for one, engine in zip(engines, ("spark", "local"), strict=True)
    )
    spark, local = (run_night(one, everything) for one in swapped)
    assert spark == local
    assert len(spark["events"]) == 3 + 1 + 2


@pytest.mark.slow
def test_what_is_wrong_with_files_and_settings_is_told_as_ever(world, tmp_path):
    whole = (world / NEXT).read_bytes()
    (world / NEXT).write_bytes(whole[:-9])
    told = []
    for engine in ("local", "spark"):
        for more in ({}, {"exclude": "event_name::INTEGER > 3", "keep_going": True}):
            with pytest.raises(UserError) as caught:
                run_night(settings_of(tmp_path, engine, **more))
            told.append((type(caught.value), str(caught.value)))
    assert told[:2] == told[2:]
    assert [kind for kind, _ in told[:2]] == [ExportError, SettingsError]
    local, spark = (run_night(settings_of(tmp_path, one, keep_going=True), everything) for one in ("local", "spark"))
    assert spark == local
    assert len(spark["loads"]) == 2


def test_without_pyspark_a_line_says_how_to_install_it(night, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyspark", None)
    night.refuses(
        MISTAKE,
        "needs PySpark, which is not installed: ",
        "uv sync --inexact --no-dev --extra spark",
        words=("--engine", "spark"),
    )


def test_without_java_a_line_says_how_to_install_it(night, monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    night.refuses(MISTAKE, "Java 17", "openjdk-17-jre-headless", words=("--engine", "spark"))


def test_a_master_that_does_not_answer_is_not_waited_for(night):
    port = free_port()
    began = time.monotonic()
    night.refuses(FAILURE, f"spark://127.0.0.1:{port}", "refused", words=on(f"spark://127.0.0.1:{port}"))
    assert time.monotonic() - began < 30


def test_what_is_no_master_is_a_mistake(night):
    night.refuses(MISTAKE, "'spark_master' is 'carrots://7': no Spark master", words=on("carrots://7"))


def on(master):
    return "--engine", "spark", "--master", master


def test_a_worker_that_does_not_see_the_directory_says_so(tmp_path):
    with pytest.raises(failures.SparkError, match="set spark_directory to a directory that it and this machine share"):
        exchange.new_folder(tmp_path / "elsewhere")
    with pytest.raises(failures.SparkError, match="is not here: set spark_directory"):
        exchange.rows_of([str(tmp_path / "elsewhere")], "accepted")


def test_a_failure_comes_back_from_a_worker_as_it_was_raised(tmp_path):
    error = ExportError("a.parquet is odd", "copy it again")
    with pytest.raises(failures.SentError) as sent, failures.sending():
        raise error
    text = f"An exception was thrown from the Python worker.\nTraceback:\n  SentError: {sent.value}\n"
    with (
        pytest.raises(ExportError, match=r"a\.parquet is odd; copy it again") as got,
        failures.receiving("m", tmp_path),
    ):
        raise PySparkException(text)
    assert got.value.fault == error.fault


def test_a_row_that_looks_like_a_failure_runs_nothing_and_hides_none(tmp_path):
    class Trap:
        def __reduce__(self):
            return Path.touch, (tmp_path / "sprung",)

    looks = [b64encode(sent).decode() for sent in (pickle.dumps(Trap()), b"[]", b'["Trap", "", {}]', b"no JSON")]
    text = "\n".join(f"ConversionError: 'sojourn-failure({one})' is no number" for one in looks)
    assert failures.received(text) is None
    assert (
        str(failures.received(f"{text}\n{failures.SentError(StoreError('it lets nobody in'))}")) == "it lets nobody in"
    )
    assert not (tmp_path / "sprung").exists()


def test_a_failure_of_another_kind_comes_back_as_the_nearest():
    error = failures.received(str(failures.SentError(LifecycleError(["a", "b"]))))
    assert (type(error), str(error)) == (UserError, "a\nb")


def test_a_local_night_removes_what_a_night_on_spark_that_was_killed_left(world, tmp_path):
    settings = settings_of(tmp_path, "local")
    left = exchange_path(settings) / "ab12"
    left.mkdir(parents=True)
    (left / "accepted.parquet").write_bytes(b"half of it")
    run_night(settings)
    assert not exchange_path(settings).exists()


def listening_addresses(pid):
    """The addresses, as the kernel writes them, at which a process listens."""
    sockets = {str(file.readlink()) for file in Path(f"/proc/{pid}/fd").iterdir() if file.is_symlink()}
    table = "".join(Path(f"/proc/{pid}/net/{name}").read_text() for name in ("tcp", "tcp6"))
    lines = [line.split() for line in table.splitlines()]
    return {line[1].partition(":")[0] for line in lines if line[3] == "0A" and f"socket:[{line[9]}]" in sockets}


def test_nobody_beyond_this_machine_reaches_spark_on_it(tmp_path):
    session = open_session(settings_of(tmp_path, "spark"))
    try:
        assert session.sparkContext.uiWebUrl is None
        found = listening_addresses(SparkContext._gateway.proc.pid)
        assert found
        assert all(address.endswith("0100007F") for address in found)
    finally:
        close_session()


def test_spark_has_its_page_where_its_own_configuration_says_so(tmp_path):
    SparkContext._ensure_initialized()
    java = SparkContext._jvm.System
    java.setProperty("spark.ui.enabled", "true")  # as Spark does with what it reads in spark-defaults.conf
    java.setProperty("spark.ui.port", "0")
    try:
        assert open_session(settings_of(tmp_path, "spark")).sparkContext.uiWebUrl
    finally:
        close_session()
        java.clearProperty("spark.ui.enabled")
        java.clearProperty("spark.ui.port")
