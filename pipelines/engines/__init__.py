"""Engines: where the work on rows is done. Days, people, counts and publishing are the same code for each."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date
from typing import Any, Protocol, TypeVar

import duckdb

from models.settings import Settings
from pipelines.exports import ExportError, ExportFile
from pipelines.places import exchange_path
from pipelines.reading import DayFile
from pipelines.touched import People
from transforms.rules import Rules

Days = Mapping[date, Sequence[ExportFile]]
File = TypeVar("File", bound=DayFile)


class Engine(Protocol[File]):
    """What reads files and rebuilds histories; `chunk_bytes` of files are loaded at a time."""

    chunk_bytes: float

    def opened(self, days: Days) -> AbstractContextManager[Sequence[File]]:
        """Give the files of days with the hashes of their content.

        Raises:
            StoreError: if the object store does not hand one over.
        """

    def accepted_rows(
        self, connection: duckdb.DuckDBPyConnection, files: Sequence[File]
    ) -> AbstractContextManager[None]:
        """Show what becomes of the rows of files as the views of `pipelines.accepting.accepted_rows`.

        Raises:
            ExportError: if a file cannot be read.
            SettingsError: if `exclude` is no expression over an event.
        """

    def faults(self, days: Days) -> dict[ExportFile, ExportError]:
        """Read files from end to end, one by one, and say which cannot be read."""

    def rebuild(
        self, connection: duckdb.DuckDBPyConnection, rules: Rules, people: People, on_progress: Callable[[int], None]
    ) -> None:
        """Rebuild people's histories from their events, and note the marks of these.

        Args:
            connection: writes the build file, which has nothing left of these histories.
            rules: all that decides histories.
            people: whose they are.
            on_progress: is told how many events are done.
        """


def open_engine(settings: Settings) -> Engine[Any]:
    """The engine that the settings name. Either removes what a night on Spark that was killed left behind.

    Raises:
        SparkError: if Spark cannot be used or its master does not answer.
    """
    if settings.engine == "spark":
        from pipelines.engines.spark.engine import SparkEngine

        return SparkEngine(settings)
    from pipelines.engines.local import LocalEngine

    shutil.rmtree(exchange_path(settings), ignore_errors=True)
    return LocalEngine(settings)
