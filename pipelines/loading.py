"""Loading files: their rows become events, duplicates, quarantined or excluded, and each is accounted for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import duckdb

from models.errors import SojournError
from models.settings import Settings
from models.sql import read_sql
from models.tables import EVENTS, ITEMS, LOADED, LOADS, QUARANTINE
from pipelines.engines import Days, Engine
from pipelines.fingerprints import of_reading
from pipelines.known import KnownFiles
from pipelines.reading import DayFile
from pipelines.warehouse import transaction


class ConservationError(SojournError):
    """Rows that were read and are neither event, duplicate, quarantined nor excluded."""


@dataclass(frozen=True)
class DayLoad:
    """What became of the rows of one day's files, or of all feeds; nothing at all where they had not changed."""

    day: date | None
    rows_read: int
    events: int
    duplicates: int
    quarantined: int
    excluded: int

    @classmethod
    def unchanged(cls, day: date) -> "DayLoad":
        """A day whose files hold what is loaded."""
        return cls(day, 0, 0, 0, 0, 0)


def load_whole_days(
    connection: duckdb.DuckDBPyConnection, days: Days, settings: Settings, engine: Engine[Any]
) -> list[DayLoad]:
    """Replace days whole by what their files hold, in one transaction; days whose files hold the same are left.

    Args:
        connection: a cursor of its own; temporary views are made on it.
        days: each day with its files, all of one kind.
        settings: time zone and `exclude` are used.
        engine: reads the files.

    Returns:
        what became of each day's rows, in order.

    Raises:
        ExportError: if a file cannot be read.
        SettingsError: if `exclude` is no expression over an event.
        ConservationError: if a row got lost. The days are then as they were before.
    """
    with engine.opened(days) as found:
        known = KnownFiles(connection, settings)
        same = [day for day in days if known.hold_the_same(day, [file for file in found if file.day == day])]
        known.note_states([file for file in found if file.day in same])
        changed = [file for file in found if file.day not in same]
        untouched = [DayLoad.unchanged(day) for day in same]
        if not changed:
            return untouched
        with engine.accepted_rows(connection, changed), transaction(connection):
            _replace(connection, [day for day in days if day not in same])
            return record(connection, changed, settings) + untouched


def drop_days(connection: duckdb.DuckDBPyConnection, days: Sequence[date]) -> None:
    """Remove days whole, for those that are no longer in the exports."""
    with transaction(connection):
        _delete(connection, days)


def _replace(connection: duckdb.DuckDBPyConnection, days: Sequence[date]) -> None:
    """Rows may be stored in any order: keeping that of the files would leave all but one core idle."""
    _delete(connection, days)
    events = ", ".join(EVENTS.column_names)
    connection.execute("SET preserve_insertion_order = false")
    connection.execute(f"INSERT INTO events ({events}) SELECT {events} FROM accepted")
    items = ", ".join(ITEMS.column_names)
    connection.execute(f"INSERT INTO items ({items}) SELECT {items} FROM accepted_items")
    connection.execute("RESET preserve_insertion_order")
    quarantine(connection)
    connection.execute("CREATE OR REPLACE TEMP TABLE loaded_days AS SELECT unnest(?::DATE[])", [list(days)])


def quarantine(connection: duckdb.DuckDBPyConnection) -> None:
    """Keep the rows that were rejected, as they came."""
    connection.execute("INSERT INTO quarantine SELECT * FROM rejected")


def mark_unsettled(connection: duckdb.DuckDBPyConnection, days: Sequence[date]) -> None:
    """Put down that something of these days came or went."""
    connection.execute(
        "INSERT INTO unsettled SELECT unnest(?::DATE[]) EXCEPT SELECT export_date FROM unsettled", [list(days)]
    )


def _delete(connection: duckdb.DuckDBPyConnection, days: Sequence[date]) -> None:
    """Delete days whole, and put down that they came or went."""
    mark_unsettled(connection, days)
    connection.execute(
        "INSERT INTO arrivals SELECT export_day, source_file FROM loads WHERE export_day IN (SELECT unnest(?::DATE[]))"
        " EXCEPT FROM arrivals",
        [list(days)],
    )
    for table in LOADED:
        column = "export_day" if table in (LOADS, QUARANTINE) else "export_date"
        own = " AND NOT is_of_feed(content_rank)" if table is EVENTS else ""
        connection.execute(f"DELETE FROM {table.name} WHERE {column} IN (SELECT unnest(?::DATE[])){own}", [list(days)])


def record(connection: duckdb.DuckDBPyConnection, files: Sequence[DayFile], settings: Settings) -> list[DayLoad]:
    """Count what became of each file's rows, and see that none got lost.

    Raises:
        ConservationError: if one did.
    """
    counted = {row[0]: row[1:] for row in connection.execute(read_sql("loading/conservation")).fetchall()}
    totals: dict[date | None, list[int]] = {}
    read_with = of_reading(settings)
    for file in files:
        counts = counted.get(file.file.address, (0,) * 5)
        rows_read, *parts = counts
        if rows_read != sum(parts):
            raise ConservationError(
                f"{file.file.address}: {rows_read} rows read, but events, duplicates, quarantined and excluded are"
                f" {' + '.join(map(str, parts))} = {sum(parts)}; nothing of {file.day or 'the feeds'} was loaded"
            )
        now = datetime.now(UTC).replace(tzinfo=None)
        is_final = file.file.kind in ("daily", "feed")
        connection.execute(
            "INSERT INTO loads VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [file.file.address, file.day, is_final, *counts, file.content_hash, now, file.file.state, read_with],
        )
        if file.day:
            connection.execute("INSERT INTO arrivals SELECT ?, ? EXCEPT FROM arrivals", [file.day, file.file.address])
        totals[file.day] = [a + b for a, b in zip(totals.get(file.day, [0] * 5), counts, strict=True)]
    return [DayLoad(day, *counts) for day, counts in totals.items()]
