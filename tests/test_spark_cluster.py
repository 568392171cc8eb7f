"""A standalone Spark master and two workers on this machine: its nights equal local ones, whoever is killed."""

import shutil
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest
from pyspark import SparkContext

from models.settings import Settings
from pipelines.cli.app import console
from pipelines.cli.sampling import make_sample
from pipelines.engines.spark.failures import SparkError
from pipelines.places import exchange_path
from pipelines.warehouse import open_build
from tests.clusters_by_hand import cluster_of
from tests.real_days import SAMPLE, with_real_days
from tests.test_nights_equal_a_rebuild import everything, left_over, night

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200), pytest.mark.xdist_group("spark")]


PART_BYTES = 80_000
"""So small that the sample is read by some tasks."""


@pytest.fixture
def cluster(tmp_path):
    with cluster_of(tmp_path, 2) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A sample export whose last day lies aside, and a local night over the other days."""
    folder = tmp_path_factory.mktemp("shop")
    make_sample(folder / "exports", 20, 600, 3, "parquet", console())
    last = sorted((folder / "exports").glob("events_*.parquet"))[-1]
    last.rename(folder / last.name)
    night(settings_of(folder, folder, "local"))
    return folder


def settings_of(exports, folder, engine, **more):
    return Settings(
        exports=str(exports / "exports"),
        database=folder / engine / "shop.duckdb",
        engine=engine,
        timezone="Europe/Copenhagen",
        journey_window=timedelta(days=7),
        **more,
    )


def test_nights_on_two_workers_equal_local_ones(shop, cluster, tmp_path):
    shutil.copytree(shop, tmp_path / "own", ignore=shutil.ignore_patterns("local"))
    local = settings_of(tmp_path / "own", tmp_path / "own", "local")
    spark = settings_of(tmp_path / "own", tmp_path, "spark", spark_master=cluster.master, batch_rows=1000)
    assert night(spark, everything) == night(local, everything)
    (last,) = (tmp_path / "own").glob("events_*.parquet")
    last.rename(tmp_path / "own" / "exports" / last.name)
    assert night(spark, everything) == night(local, everything)
    assert night(spark, left_over) == []


def test_the_sample_of_make_run_on_two_workers_equals_a_local_night(cluster, tmp_path):
    make_sample(tmp_path / "exports", 90, 5000, 1, "parquet", console())
    local = settings_of(tmp_path, tmp_path, "local")
    spark = settings_of(tmp_path, tmp_path, "spark", spark_master=cluster.master)
    assert night(spark, everything) == night(local, everything)


@with_real_days
def test_the_real_days_on_two_workers_equal_local_ones(cluster, tmp_path):
    chosen = {"exports": str(SAMPLE), "journey_window": timedelta(days=3)}
    local = Settings(database=tmp_path / "local" / "real.duckdb", **chosen)
    spark = Settings(database=tmp_path / "spark" / "real.duckdb", engine="spark", spark_master=cluster.master, **chosen)
    assert night(spark, everything) == night(local, everything)


@pytest.mark.parametrize("made", ["accepted.parquet", "marks.parquet"])
def test_a_worker_that_is_killed_midway_changes_nothing(shop, cluster, tmp_path, monkeypatch, made):
    monkeypatch.setattr("pipelines.engines.spark.files.PART_BYTES", PART_BYTES)
    spark = settings_of(shop, tmp_path, "spark", spark_master=cluster.master, batch_rows=500)
    killed = []
    killer = threading.Thread(target=lambda: killed.append(kill_at(cluster, exchange_path(spark), made)), daemon=True)
    killer.start()
    after = night(spark, everything)
    killer.join()
    assert killed[0] < 9
    assert after == night(settings_of(shop, shop, "local"), everything)


def test_a_night_that_lost_its_cluster_is_made_good_by_the_next(shop, tmp_path, monkeypatch):
    def kill():
        kill_at(cluster, exchange_path(spark), "accepted.parquet")
        monkeypatch.setattr("pipelines.engines.spark.session.WORKER_SECONDS", 2.0)

    monkeypatch.setattr("pipelines.engines.spark.files.PART_BYTES", PART_BYTES)
    with cluster_of(tmp_path, 1) as cluster:
        spark = settings_of(shop, tmp_path, "spark", spark_master=cluster.master)
        killer = threading.Thread(target=kill, daemon=True)
        killer.start()
        with pytest.raises(SparkError, match="gave no worker for 2 seconds"):
            night(spark)
        killer.join()
    assert not exchange_path(spark).exists()
    with open_build(spark) as build:
        assert build.execute("SELECT count(*) FROM events").fetchall() == [(0,)]
    after = night(spark.model_copy(update={"engine": "local"}), everything)
    assert after == night(settings_of(shop, shop, "local"), everything)


def busy_workers():
    """How many executors of the session that runs are at a task."""
    context = SparkContext._active_spark_context
    executors = context._jsc.sc().statusTracker().getExecutorInfos() if context else ()
    return sum(one.numRunningTasks() > 0 for one in executors)


def kill_at(cluster, exchange: Path, made):
    """Kill the last worker once the first task of many is done and all workers are at another; how many were done."""
    until = time.monotonic() + 600
    while not ((done := list(exchange.glob(f"*/{made}"))) and busy_workers() == cluster.workers):
        assert time.monotonic() < until
        time.sleep(0.005)
    cluster.kill_worker(-1)
    return len(done)


def test_a_cluster_without_a_worker_is_not_waited_for_without_end(shop, tmp_path, monkeypatch):
    monkeypatch.setattr("pipelines.engines.spark.session.WORKER_SECONDS", 2.0)
    with cluster_of(tmp_path, 0) as cluster, pytest.raises(SparkError, match="gave no worker for 2 seconds"):
        night(settings_of(shop, tmp_path, "spark", spark_master=cluster.master))
