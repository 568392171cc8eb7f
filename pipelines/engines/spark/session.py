"""The Spark session of a night: started once what it needs is there, and never waited for without end."""

import os
import re
import shutil
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from models.settings import Settings
from pipelines.engines.spark.failures import SparkError, SparkMissingError, receiving
from pipelines.extras import how_to_install
from pipelines.places import spark_log_path

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

CONNECT_SECONDS = 5.0
WORKER_SECONDS = 120.0
LOOK_SECONDS = 0.5
STANDALONE = "spark://"
OPTIONS: dict[str, bool | float | int | str | None] = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.adaptive.enabled": "false",  # it would put small parts together, and work on them one after the other
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
    "spark.executorEnv.POLARS_MAX_THREADS": "1",
}
NO_UI = {"spark.ui.enabled": "false"}
"""Spark's page would be open to whoever reaches this machine, without a login."""
LOOPBACK = {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
"""Where nothing but this machine takes part, nobody else need reach the ports of the driver."""


def check_spark(settings: Settings) -> None:
    """See that Spark can be started and that its master answers.

    Raises:
        SparkMissingError: if PySpark or Java is not installed.
        SparkError: if nobody listens at the address of the master.
    """
    if find_spec("pyspark") is None:
        raise SparkMissingError(f"engine 'spark' needs PySpark, which is not installed: {how_to_install('spark')}")
    java = Path(os.environ["JAVA_HOME"]) / "bin" / "java" if os.environ.get("JAVA_HOME") else Path("java")
    if shutil.which(java) is None:
        raise SparkMissingError(
            f"engine 'spark' needs Java 17 or later, and there is no {java}: apt-get install openjdk-17-jre-headless"
        )
    if settings.spark_master.startswith(STANDALONE):
        _check_master(settings.spark_master)


def open_session(settings: Settings) -> "SparkSession":
    """Start the session of this process, or give the one that runs.

    Executors run this process's Python, unless PYSPARK_PYTHON names another. What else there is to choose stands in
    Spark's own configuration (SPARK_CONF_DIR), also whether it has its web page, which is off else.

    Raises:
        SparkError: if it cannot be started.
    """
    from pyspark.sql import SparkSession

    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    running, log = SparkSession.getActiveSession(), spark_log_path(settings)
    if running is not None:
        return running
    with receiving(settings.spark_master, log):
        builder = SparkSession.builder.master(settings.spark_master).appName("Sojourn")
        with _errors_to(log):
            session = builder.config(map=_options(settings.spark_master)).getOrCreate()
    return session


def _options(master: str) -> dict[str, bool | float | int | str | None]:
    """The options of a session: ours, and what Spark's own configuration leaves to us, which starts the JVM to tell."""
    from pyspark import SparkConf, SparkContext

    ours = SparkConf().setMaster(master).setAll([(name, str(value)) for name, value in OPTIONS.items()])
    SparkContext._ensure_initialized(conf=ours)
    theirs = SparkConf()  # with what spark-defaults.conf sets
    is_alone = re.fullmatch(r"local(\[.+\])?", master)
    options = dict(OPTIONS)
    for ours_unless in (NO_UI, LOOPBACK if is_alone else {}):
        if not any(map(theirs.contains, ours_unless)):
            options |= ours_unless
    return options


@contextmanager
def watching(session: "SparkSession", master: str) -> Iterator[None]:
    """Cancel what is done within once it has had no worker for WORKER_SECONDS, at its beginning or later.

    Raises:
        SparkError: if that was so.
    """
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    is_done, is_lost = threading.Event(), threading.Event()
    watch = threading.Thread(target=_watch, args=(session, is_done, is_lost), daemon=True)
    if not master.startswith("local"):
        watch.start()
    try:
        yield
    except (PySparkException, Py4JError) as error:
        if not is_lost.is_set():
            raise
        raise SparkError(
            f"Spark at {master} gave no worker for {WORKER_SECONDS:g} seconds; see that one is free"
        ) from error
    finally:
        is_done.set()
        if watch.ident:
            watch.join()


def _watch(session: "SparkSession", is_done: threading.Event, is_lost: threading.Event) -> None:
    seen = time.monotonic()
    while not is_done.wait(LOOK_SECONDS):
        if _has_worker(session):
            seen = time.monotonic()
        elif time.monotonic() - seen > WORKER_SECONDS:
            is_lost.set()
            session.sparkContext.cancelAllJobs()
            return


def close_session() -> None:
    """Give the executors back."""
    from pyspark.sql import SparkSession

    if session := SparkSession.getActiveSession():
        session.stop()


def _check_master(master: str) -> None:
    """One of the masters must listen: Spark would wait for a minute and then fail with a stack trace."""
    faults = []
    for address in master.removeprefix(STANDALONE).split(","):
        place = urlsplit(f"//{address}")
        try:
            with socket.create_connection((place.hostname or "", place.port or 7077), CONNECT_SECONDS):
                return
        except (OSError, ValueError) as error:
            faults.append(f"{address}: {error}")
    raise SparkError(f"no Spark master answers at {master} ({'; '.join(faults)}); start it, or say where it is")


def _has_worker(session: "SparkSession") -> bool:
    executors = session.sparkContext._jsc.sc().statusTracker().getExecutorInfos()
    return len(executors) > 1  # the first of them is this process


@contextmanager
def _errors_to(log: Path) -> Iterator[None]:
    """Let what is started within write its errors into a file: Spark says many things that are none."""
    log.parent.mkdir(parents=True, exist_ok=True)
    kept = os.dup(2)
    with log.open("ab") as file:
        os.dup2(file.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
