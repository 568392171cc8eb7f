"""The Spark engine: what it does in a night, and what of it stays with this process."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from math import inf
from typing import TYPE_CHECKING

import duckdb

from models.settings import Settings
from pipelines.accepting import close_files
from pipelines.engines import Days
from pipelines.engines.spark.exchange import open_exchange, rows_of
from pipelines.engines.spark.failures import received, receiving
from pipelines.engines.spark.files import find_faults, hash_files, parts_of, write_rows
from pipelines.engines.spark.histories import Rebuilding, buckets_of, insert_histories, rebuild_buckets, write_events
from pipelines.engines.spark.reading import WRITTEN, Reading
from pipelines.engines.spark.session import check_spark, close_session, open_session, watching
from pipelines.exports import ExportError, ExportFile
from pipelines.places import exchange_path, spark_log_path
from pipelines.reading import DayFile
from pipelines.touched import People
from transforms.rules import Rules

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

OF_READING = ("timezone", "feed_timezone", "placeholder_ids", "exclude", "memory_limit")
"""The settings that tasks over files need; addresses of webhooks are none of their business."""


class SparkEngine:
    """Has workers read files and rebuild histories; this process takes what they made into the build file.

    Raises:
        SparkMissingError, SparkError: as `check_spark`.
    """

    chunk_bytes: float = inf

    def __init__(self, settings: Settings) -> None:
        check_spark(settings)
        self._settings = settings

    @contextmanager
    def opened(self, days: Days) -> Iterator[list[DayFile]]:
        """Give the files of days; workers fetch and hash them."""
        files = _files(days)
        with self._session() as spark:
            hashes = hash_files(spark, self._reading(files))
        yield [replace(one, content_hash=hashes[one.file.address]) for one in files]

    @contextmanager
    def accepted_rows(self, connection: duckdb.DuckDBPyConnection, files: Sequence[DayFile]) -> Iterator[None]:
        """Show the rows that workers wrote as Parquet."""
        with open_exchange(self._settings):
            with self._session() as spark:
                counts = write_rows(spark, self._reading(files))
            folders = sorted(set(counts["folder"].to_pylist()))
            try:
                for view in WRITTEN:
                    connection.execute(f"CREATE OR REPLACE TEMP VIEW {view} AS {rows_of(folders, view)}")
                connection.register("written_counts", counts)
                connection.execute(
                    "CREATE OR REPLACE TEMP TABLE export_counts AS SELECT * EXCLUDE (folder) FROM written_counts"
                )
                yield
            finally:
                close_files(connection)

    def faults(self, days: Days) -> dict[ExportFile, ExportError]:
        """Read files one by one, in the workers."""
        files = _files(days)
        with self._session() as spark:
            found = find_faults(spark, self._reading(files))
        told = {one.file: received(found[one.file.address]) for one in files if one.file.address in found}
        return {file: error for file, error in told.items() if isinstance(error, ExportError)}

    def rebuild(
        self, connection: duckdb.DuckDBPyConnection, rules: Rules, people: People, on_progress: Callable[[int], None]
    ) -> None:
        """Hand people's events to the workers as Parquet, and take their histories back; then the workers are free.

        All histories are inserted in one transaction.
        """
        with open_exchange(self._settings) as exchange:
            events = write_events(connection, rules.lifecycle, people, exchange)
            if not events:
                return
            rebuilding = Rebuilding(rules, self._settings.memory_limit, exchange)
            with self._session() as spark:
                folders = rebuild_buckets(spark, rebuilding, buckets_of(events, self._settings.batch_rows))
            close_session()
            insert_histories(connection, folders)
            on_progress(events)

    def _reading(self, files: Sequence[DayFile]) -> Reading:
        settings = Settings.model_construct(**{name: getattr(self._settings, name) for name in OF_READING})
        return Reading(parts_of(files), settings, exchange_path(self._settings).absolute())

    @contextmanager
    def _session(self) -> Iterator["SparkSession"]:
        """Give the session; what goes wrong within is told, and ends it."""
        with receiving(self._settings.spark_master, spark_log_path(self._settings)), ExitStack() as failing:
            failing.callback(close_session)
            spark = open_session(self._settings)
            with watching(spark, self._settings.spark_master):
                yield spark
            failing.pop_all()


def _files(days: Days) -> list[DayFile]:
    return [DayFile(file, day) for day, files in days.items() for file in files]
