"""Loading many days: which to load, two at a time, and what can only be told across days."""

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import duckdb

from models.settings import Settings
from models.sql import read_sql
from pipelines.exports import ExportError, ExportFile, by_day, find_exports
from pipelines.loading import DayLoad, drop_day, load_day
from pipelines.reading import READING_ERRORS, day_of_rows, local_copy, read_rows, unreadable

Days = Mapping[date, Sequence[ExportFile]]


@dataclass
class Loaded:
    """What a run loaded.

    Args:
        days: one entry per loaded day.
        skipped: one line per file that was left out with --keep-going.
    """

    days: list[DayLoad] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)


def list_days(settings: Settings) -> dict[date, list[ExportFile]]:
    """List the days that the exports hold, each with its files of the best kind.

    Raises:
        ExportError: if there are none, or a file tells its day neither by name nor by its rows.
    """
    files = find_exports(settings.exports)
    told = [file if file.day else _with_day(file) for file in files]
    return by_day(told)


def load_days(
    connection: duckdb.DuckDBPyConnection,
    days: Days,
    settings: Settings,
    on_day: Callable[[DayLoad], None] = lambda day: None,
) -> Loaded:
    """Load days, each in a transaction of its own, then settle what depends on several days.

    Args:
        connection: the build file.
        days: the days with their files.
        settings: `keep_going` decides whether a bad file stops the rest.
        on_day: is told each day that is loaded.

    Raises:
        ExportError: for the first bad file, unless keep_going.
    """
    loaded = Loaded()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = [pool.submit(_load, connection.cursor(), day, list(files), settings) for day, files in days.items()]
        try:
            for job in jobs:
                done, skipped = job.result()
                loaded.skipped += skipped
                if done:
                    loaded.days.append(done)
                    on_day(done)
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    settle(connection, settings)
    return loaded


def drop_other_days(connection: duckdb.DuckDBPyConnection, days: Days) -> list[date]:
    """Drop the loaded days that the exports no longer hold, so that the tables are those of the exports."""
    found = [row[0] for row in connection.execute("SELECT DISTINCT export_day FROM loads").fetchall()]
    gone = [day for day in found if day not in days]
    for day in gone:
        drop_day(connection.cursor(), day)
    return gone


def settle(connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Settle what no day can tell alone: devices of several streams, and keys of equals in different days."""
    cursor = connection.cursor()
    cursor.begin()
    cursor.execute("SET VARIABLE timezone = ?", [settings.timezone])
    cursor.execute(read_sql("loading/macros"))
    for statement in duckdb.extract_statements(read_sql("loading/settle")):
        cursor.execute(statement)
    cursor.commit()


def _with_day(file: ExportFile) -> ExportFile:
    with duckdb.connect() as scratch, local_copy(file) as path:
        day = day_of_rows(read_rows(scratch, file, path), file)
    return ExportFile(file.address, day, file.kind, file.format)


def _load(
    connection: duckdb.DuckDBPyConnection, day: date, files: list[ExportFile], settings: Settings
) -> tuple[DayLoad | None, list[str]]:
    """Load a day; with keep_going, without its bad files."""
    try:
        return load_day(connection, day, files, settings), []
    except ExportError as error:
        bad = {file: reason for file in files if (reason := _fault(connection, file))} or {files[0]: error}
        first = next(iter(bad.values()))
        if not settings.keep_going:
            raise first from None
    whole = [file for file in files if file not in bad]
    skipped = [str(reason) for reason in bad.values()]
    return (load_day(connection, day, whole, settings) if whole else None), skipped


def _fault(connection: duckdb.DuckDBPyConnection, file: ExportFile) -> ExportError | None:
    """Read a file from end to end and say what is wrong with it, if anything is."""
    try:
        with local_copy(file) as path:
            _read_whole(connection, file, path)
    except ExportError as error:
        return error
    except READING_ERRORS as error:
        return unreadable(file, error)
    return None


def _read_whole(connection: duckdb.DuckDBPyConnection, file: ExportFile, path: Path) -> None:
    read_rows(connection, file, path).project("* EXCLUDE (content, extras)").aggregate(
        "count(hash(COLUMNS(*)))"
    ).fetchall()
