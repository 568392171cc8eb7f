"""Loading many days: which to load, in chunks, and what can only be told across days."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import duckdb

from models.settings import Settings
from models.sql import read_sql
from pipelines.candidates import EMPTY, notes
from pipelines.chunks import chunks
from pipelines.engines import Days, Engine, open_engine
from pipelines.exports import ExportError, ExportFile, by_day, find_feeds, search_exports
from pipelines.held import Held
from pipelines.known import KnownFiles
from pipelines.loading import DayLoad, load_whole_days
from pipelines.rates import are_other_rates, convert_amounts, read_rates
from pipelines.reading import day_of_rows, local_copy
from pipelines.unchecked import note_written
from pipelines.warehouse import first_row, open_build, transaction


@dataclass
class Loaded:
    """What a run loaded.

    Args:
        days: one entry per loaded day.
        skipped: one line per file that was left out with --keep-going.
        told: what else is to be said: of days that are kept as they were loaded, or dropped.
    """

    days: list[DayLoad] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)


@dataclass
class Found:
    """What the exports and the feeds hold.

    Args:
        days: each day with its files of the best kind.
        skipped: one line per file that was left out with --keep-going.
        feeds: the files of the feeds.
        undated: the addresses of files that were left out, of which nothing told their day.
        notes: one line for each kind of files that somebody may wonder about, such as those passed over.
    """

    days: dict[date, list[ExportFile]]
    skipped: list[str]
    feeds: list[ExportFile]
    undated: frozenset[str] = frozenset()
    notes: Sequence[str] = ()


def find_days(settings: Settings) -> Found:
    """List the days that the exports hold and the feeds; with keep_going, without files that do not tell their day.

    A file that tells none and has no rows holds nothing of a wrong day: it is passed over.

    Raises:
        ExportError: if there are none, or a file tells its day neither by name nor by its rows.
    """
    told, faults, empty = [], dict[str, ExportError](), list[str]()
    feeds = find_feeds(settings.feeds)
    search = search_exports(settings.exports, feeds)
    for file in search.files:
        try:
            dated = file if file.day else _with_day(file)
        except ExportError as error:
            if not settings.keep_going:
                raise
            faults[file.address] = error
        else:
            told.append(dated)
            empty += [] if dated.day else [file.address]
    days, lines = by_day(told), [*search.notes, *notes((EMPTY, address) for address in empty)]
    if not days:
        raise next(iter(faults.values()), ExportError(f"no day in {settings.exports}", "; ".join(lines)))
    return Found(days, [error.fault for error in faults.values()], feeds, frozenset(faults), lines)


def days_to_load(settings: Settings, days: Days) -> list[date]:
    """Tell, from the listing of the exports alone, the days whose files are new or may have changed, in order."""
    with open_build(settings) as connection:
        known = KnownFiles(connection, settings)
    return sorted(day for day, files in days.items() if not known.are_unchanged(day, files))


def load_days(
    connection: duckdb.DuckDBPyConnection,
    days: Days,
    settings: Settings,
    on_day: Callable[[DayLoad], None] = lambda day: None,
) -> Loaded:
    """Load the days whose files are new or changed, then settle what depends on several days.

    Some days are loaded in one transaction. A day that was read as it would no longer be now (another time zone,
    another `exclude`) counts as changed.

    Args:
        connection: the build file.
        days: the days with their files.
        settings: `keep_going` decides whether a bad file stops the rest.
        on_day: is told each day, loaded or unchanged.

    Raises:
        ExportError: for the first bad file, unless keep_going.
    """
    loaded = Loaded()
    cursor = connection.cursor()
    known = KnownFiles(cursor, settings)
    unchanged = [day for day, files in days.items() if known.are_unchanged(day, files)]
    for day in unchanged:
        on_day(DayLoad.unchanged(day))
    changed = {day: files for day, files in days.items() if day not in unchanged}
    engine = open_engine(settings)
    for chunk in chunks(changed.items(), _size, engine.chunk_bytes):  # for what each load costs besides its rows
        done, skipped = _load(cursor, dict(chunk), settings, engine)
        loaded.skipped += skipped
        for result in done:
            loaded.days.append(result)
            on_day(result)
    settle(connection, settings)
    return loaded


def _size(day: tuple[date, Sequence[ExportFile]]) -> float:
    return sum(file.size for file in day[1])


def settle(connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Settle what no day can tell alone: devices, keys of equals in different days, and what amounts are worth.

    It is told by the tables, not by who calls, what is left to settle: a night that died before it is made good by the
    next. Amounts are also settled where the currency or a rate changed.
    """
    cursor = connection.cursor()
    rates = read_rates(settings)
    if first_row(cursor, "FROM unsettled LIMIT 1") is None and not are_other_rates(cursor, settings, rates):
        return
    with transaction(cursor):
        cursor.execute("SET VARIABLE timezone = ?", [settings.timezone])
        cursor.execute(read_sql("loading/macros"))
        note_written(cursor, "exports")
        for statement in duckdb.extract_statements(read_sql("loading/settle")):
            cursor.execute(statement)
        convert_amounts(cursor, settings, rates)


def _with_day(file: ExportFile) -> ExportFile:
    """Give the file the day that its rows tell; a file without rows stays as it is."""
    with duckdb.connect() as scratch, local_copy(file) as path:
        day = day_of_rows(scratch, file, path)
    return replace(file, day=day)


def _load(
    connection: duckdb.DuckDBPyConnection, days: Days, settings: Settings, engine: Engine[Any]
) -> tuple[list[DayLoad], list[str]]:
    """Load days; with keep_going, without their bad files, unless what is loaded of the day would go."""
    try:
        return load_whole_days(connection, days, settings, engine), []
    except ExportError:
        if not settings.keep_going:
            raise
    bad = engine.faults(days)
    good = {day: [file for file in files if file not in bad] for day, files in days.items()}
    known = KnownFiles(connection, settings)
    broken = [day for day in days if len(good[day]) < len(days[day]) and not known.are_whole(day, good[day])]
    whole = {day: files for day, files in good.items() if files and day not in broken}
    loaded = load_whole_days(connection, whole, settings, engine) if whole else []
    skipped = [
        f"{bad[file].fault}; the rows of {day} that were loaded before stay" if day in broken else bad[file].fault
        for day, files in days.items()
        for file in files
        if file in bad
    ]
    return loaded + [DayLoad.held_back(day, Held.BROKEN) for day in broken], skipped
