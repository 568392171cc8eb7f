"""Loading files: their rows become events, duplicates, quarantined or excluded, and each is accounted for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import duckdb

from models.errors import SojournError
from models.settings import Settings
from models.sql import read_sql
from models.tables import EVENTS, ITEMS, LOADED, LOADS, QUARANTINE
from pipelines.engines import Days, Engine
from pipelines.fingerprints import of_reading
from pipelines.held import Held
from pipelines.known import KnownFiles
from pipelines.reading import DayFile
from pipelines.warehouse import transaction


class ConservationError(SojournError):
    """Rows that were read and are neither event, duplicate, quarantined nor excluded."""


@dataclass(frozen=True)
class DayLoad:
    """What became of the rows of one day's files, or of all feeds; nothing at all where they had not changed.

    Where `held` says why, the day stays as it was loaded.
    """

    day: date | None
    rows_read: int
    events: int
    duplicates: int
    quarantined: int
    excluded: int
    held: Held | None = field(default=None, kw_only=True)

    @classmethod
    def unchanged(cls, day: date) -> "DayLoad":
        """A day whose files hold what is loaded."""
        return cls(day, 0, 0, 0, 0, 0)

    @classmethod
    def held_back(cls, day: date, why: Held, rows_read: int = 0) -> "DayLoad":
        """A day whose files are not loaded, but what was before."""
        return cls(day, rows_read, 0, 0, 0, 0, held=why)


def load_whole_days(
    connection: duckdb.DuckDBPyConnection, days: Days, settings: Settings, engine: Engine[Any]
) -> list[DayLoad]:
    """Replace days whole by what their files hold, in one transaction.

    Days whose files hold the same are left, and so are those of which rows are gone that the settings keep.

    Args:
        connection: a cursor of its own; temporary views are made on it.
        days: each day with its files, all of one kind.
        settings: time zone, `exclude`, `vanished_days` and `shrunken_days` are used.
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
        files = {day: [file for file in found if file.day == day] for day in days}
        same = [day for day in days if known.hold_the_same(day, files[day])]
        known.note_states([file for day in same for file in files[day]])
        keeps = settings.vanished_days == settings.shrunken_days == "keep"
        in_part = [day for day in days if keeps and known.are_in_part(day, files[day])]
        changed = {day: files[day] for day in days if day not in {*same, *in_part}}
        left = [DayLoad.unchanged(day) for day in same] + [DayLoad.held_back(day, Held.IN_PART) for day in in_part]
        return (_load_changed(connection, changed, known, settings, engine) if changed else []) + left


def _load_changed(
    connection: duckdb.DuckDBPyConnection,
    days: Mapping[date, Sequence[DayFile]],
    known: KnownFiles,
    settings: Settings,
    engine: Engine[Any],
) -> list[DayLoad]:
    """Replace days, but for those that shrank."""
    with engine.accepted_rows(connection, [file for files in days.values() for file in files]):
        shrunken = _shrunken(connection, days, known) if settings.shrunken_days == "keep" else {}
        held = [DayLoad.held_back(day, Held.SHRUNKEN, rows) for day, rows in shrunken.items()]
        replaced = [day for day in days if day not in shrunken]
        if not replaced:
            return held
        with transaction(connection):
            _replace(connection, replaced, list(shrunken))
            return record(connection, [file for day in replaced for file in days[day]], settings) + held


def _shrunken(
    connection: duckdb.DuckDBPyConnection, days: Mapping[date, Sequence[DayFile]], known: KnownFiles
) -> dict[date, int]:
    """Tell the days that came again with less than half of their rows, and with how many."""
    suspects = [day for day, files in days.items() if known.lose_rows(day, files)]
    if not suspects:
        return {}
    counts = dict(connection.execute("SELECT source_file, rows_read FROM export_counts").fetchall())
    rows = {day: sum(counts.get(file.file.address, 0) for file in days[day]) for day in suspects}
    return {day: count for day, count in rows.items() if 2 * count < known.rows[day]}


def drop_days(connection: duckdb.DuckDBPyConnection, days: Sequence[date]) -> None:
    """Remove days whole, for those that are no longer in the exports."""
    with transaction(connection):
        _delete(connection, days)


def _replace(connection: duckdb.DuckDBPyConnection, days: Sequence[date], held: Sequence[date]) -> None:
    """Put the accepted rows in place of days, without the rows of days that are held back.

    Rows may be stored in any order: keeping that of the files would leave all but one core idle.
    """
    _delete(connection, days)
    others = ", ".join(f"DATE '{day}'" for day in held)
    wanted = f"{{}} NOT IN ({others})" if held else "true"
    events = ", ".join(EVENTS.column_names)
    connection.execute("SET preserve_insertion_order = false")
    connection.execute(
        f"INSERT INTO events ({events}) SELECT {events} FROM accepted WHERE {wanted.format('export_date')}"
    )
    items = ", ".join(ITEMS.column_names)
    connection.execute(
        f"INSERT INTO items ({items}) SELECT {items} FROM accepted_items WHERE {wanted.format('export_date')}"
    )
    connection.execute("RESET preserve_insertion_order")
    quarantine(connection, wanted.format("export_day"))
    connection.execute("CREATE OR REPLACE TEMP TABLE loaded_days AS SELECT unnest(?::DATE[])", [list(days)])


def quarantine(connection: duckdb.DuckDBPyConnection, wanted: str = "true") -> None:
    """Keep the rows that were rejected, as they came."""
    connection.execute(f"INSERT INTO quarantine SELECT * FROM rejected WHERE {wanted}")


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
    now, read_with = datetime.now(UTC).replace(tzinfo=None), of_reading(settings)
    loads = []
    for file in files:
        one, counts = file.file, counted.get(file.file.address, (0,) * 5)
        _check_conservation(file, *counts)
        loads.append((one.address, file.day, one.is_final, *counts, file.content_hash, now, one.state, read_with))
        totals[file.day] = [a + b for a, b in zip(totals.get(file.day, [0] * 5), counts, strict=True)]
    columns = [list(values) for values in zip(*loads, strict=True)]
    connection.execute(f"INSERT INTO loads SELECT {', '.join(['unnest(?)'] * len(columns))}", columns)
    arrived = [(file.day, file.file.address) for file in files if file.day]
    connection.execute(
        "INSERT INTO arrivals SELECT unnest(?::DATE[]), unnest(?::VARCHAR[]) EXCEPT FROM arrivals",
        [[day for day, _ in arrived], [address for _, address in arrived]],
    )
    return [DayLoad(day, *counts) for day, counts in totals.items()]


def _check_conservation(file: DayFile, rows_read: int, *parts: int) -> None:
    if rows_read != sum(parts):
        raise ConservationError(
            f"{file.file.address}: {rows_read} rows read, but events, duplicates, quarantined and excluded are"
            f" {' + '.join(map(str, parts))} = {sum(parts)}; nothing of {file.day or 'the feeds'} was loaded"
        )
