"""Loading files: their rows become events, duplicates, quarantined or excluded, and each is accounted for."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime

import duckdb

from models.errors import SojournError
from models.ga4 import EXPORT_COLUMNS
from models.settings import Settings, SettingsError
from models.sql import read_sql
from models.tables import EVENTS, ITEMS, LOADED, LOADS, QUARANTINE
from pipelines.conforming import Conformed
from pipelines.exports import ExportError, ExportFile
from pipelines.feed_reading import open_feeds
from pipelines.fingerprints import of_reading
from pipelines.known import KnownFiles
from pipelines.reading import READING_ERRORS, LocalFile, content_hash, local_copy, open_rows, set_aside, unreadable
from pipelines.warehouse import transaction

Days = Mapping[date, Sequence[ExportFile]]


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


def load_whole_days(connection: duckdb.DuckDBPyConnection, days: Days, settings: Settings) -> list[DayLoad]:
    """Replace days whole by what their files hold, in one transaction; days whose files hold the same are left.

    Args:
        connection: a cursor of its own; temporary views are made on it.
        days: each day with its files, all of one kind.
        settings: time zone and `exclude` are used.

    Returns:
        what became of each day's rows, in order.

    Raises:
        ExportError: if a file cannot be read.
        SettingsError: if `exclude` is no expression over an event.
        ConservationError: if a row got lost. The days are then as they were before.
    """
    with ExitStack() as stack:
        local = [
            LocalFile(file, path, day, content_hash(path))
            for day, files in days.items()
            for file in files
            for path in [stack.enter_context(local_copy(file))]
        ]
        known = KnownFiles(connection, settings)
        same = [day for day in days if known.hold_the_same(day, [file for file in local if file.day == day])]
        known.note_states([file for file in local if file.day in same])
        changed = [file for file in local if file.day not in same]
        untouched = [DayLoad.unchanged(day) for day in same]
        if not changed:
            return untouched
        with accepted_rows(connection, changed, settings), transaction(connection):
            _replace(connection, [day for day in days if day not in same])
            return record(connection, changed, settings) + untouched


@contextmanager
def accepted_rows(
    connection: duckdb.DuckDBPyConnection, local: Sequence[LocalFile], settings: Settings
) -> Iterator[None]:
    """Open files as temporary views, of which accepted has the rows that are events; say who is to blame for trouble.

    Raises:
        ExportError: if a file cannot be read.
        SettingsError: if `exclude` is no expression over an event.
    """
    try:
        _open(connection, local, settings)
        yield
    except READING_ERRORS as error:
        if _is_room(error):
            raise
        raise _culprit(connection, local, settings, error) from error
    finally:
        _close(connection)


def drop_days(connection: duckdb.DuckDBPyConnection, days: Sequence[date]) -> None:
    """Remove days whole, for those that are no longer in the exports."""
    with transaction(connection):
        _delete(connection, days)


def faults(connection: duckdb.DuckDBPyConnection, files: Sequence[LocalFile]) -> dict[ExportFile, ExportError]:
    """Read files from end to end, one by one, and say which cannot be read."""
    found = {}
    for file in files:
        try:
            _open(connection, [file], None)
            connection.execute("SELECT count(hash(COLUMNS(*))) FROM export_rows").fetchall()
        except ExportError as error:
            found[file.file] = error
        except READING_ERRORS as error:
            found[file.file] = unreadable(file.file, error)
        finally:
            _close(connection)
    return found


def _culprit(
    connection: duckdb.DuckDBPyConnection, local: Sequence[LocalFile], settings: Settings, error: Exception
) -> Exception:
    """The file that the trouble comes from, else `exclude`; where neither is to blame, the trouble itself."""
    _close(connection)
    for fault in faults(connection, local).values():
        return fault
    is_of_values = isinstance(error, (duckdb.DataError, duckdb.InvalidInputException, duckdb.InvalidTypeException))
    return _unusable(settings.exclude, error) if settings.exclude and is_of_values else error


def _unusable(exclude: str, error: Exception) -> SettingsError:
    return SettingsError(f"setting 'exclude' is {exclude!r}: {str(error).splitlines()[0]}")


def _is_room(error: Exception) -> bool:
    """Whether it is the machine that ran out of room, not the file that is wrong."""
    return isinstance(error, duckdb.OutOfMemoryException) or "No space left" in str(error)


def _open(connection: duckdb.DuckDBPyConnection, local: Sequence[LocalFile], settings: Settings | None) -> None:
    """Open files as temporary views: export_rows, and with settings normalised and accepted."""
    connection.execute(read_sql("loading/macros"))
    opened = (open_feeds if local[0].file.kind == "feed" else open_rows)(connection, local)
    if settings is None:
        return
    connection.execute("SET VARIABLE timezone = ?", [settings.timezone])
    connection.execute("SET VARIABLE feed_timezone = ?", [settings.feed_timezone])
    _normalise(connection, "normalised", "export_rows", settings.exclude)
    _find_twins(connection, opened, settings.exclude)
    connection.execute(f"CREATE OR REPLACE TEMP VIEW accepted AS {read_sql('loading/events')}")


def _normalise(connection: duckdb.DuckDBPyConnection, view: str, rows: str, exclude: str | None) -> None:
    try:
        connection.execute(
            f"CREATE OR REPLACE TEMP VIEW {view} AS SELECT *, coalesce(({exclude or 'false'})::BOOLEAN, false)"
            f" AS is_excluded FROM ({read_sql('loading/rows').replace('export_rows', rows)})"
        )
    except (duckdb.ParserException, duckdb.BinderException) as error:
        if exclude is None:
            raise
        raise _unusable(exclude, error) from None


def _find_twins(connection: duckdb.DuckDBPyConnection, opened: Sequence[Conformed], exclude: str | None) -> None:
    """Rows that share day, device, microsecond and name are few: only they are compared in every field.

    They and the rows that are rejected are set aside and written out.
    """
    connection.execute(
        """
        CREATE OR REPLACE TEMP TABLE export_keys AS
        SELECT
            source_file, row_number, reason,
            hash(export_date, device_id, stream_id, occurred_at, event_name) AS bucket
        FROM normalised
        """
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE export_rejects AS"
        " SELECT source_file, row_number, reason FROM export_keys WHERE reason IS NOT NULL"
    )
    connection.execute(
        """
        CREATE OR REPLACE TEMP TABLE export_twins AS
        SELECT source_file, row_number FROM export_keys
        WHERE reason IS NULL
            AND bucket IN (SELECT bucket FROM export_keys WHERE reason IS NULL GROUP BY bucket HAVING count(*) > 1)
        """
    )
    connection.execute("DROP TABLE export_keys")
    set_aside(connection, opened, "export_twins", "export_rejects")
    whole = f"replace(to_json(struct_pack({', '.join(EXPORT_COLUMNS)}))::VARCHAR, '\":[]', '\":null') || extras"
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE export_contents AS SELECT source_file, row_number, export_day,"
        f" content AS exported, {whole} AS content FROM export_whole_rows"
    )
    _normalise(connection, "normalised_aside", "export_whole_rows", exclude)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE twins AS {read_sql('loading/twins')}")


def _replace(connection: duckdb.DuckDBPyConnection, days: Sequence[date]) -> None:
    """Rows may be stored in any order: keeping that of the files would leave all but one core idle."""
    _delete(connection, days)
    events = ", ".join(EVENTS.column_names)
    connection.execute("SET preserve_insertion_order = false")
    connection.execute(f"INSERT INTO events ({events}) SELECT {events} FROM accepted")
    connection.execute(f"INSERT INTO items ({', '.join(ITEMS.column_names)}) {read_sql('loading/items')}")
    connection.execute("RESET preserve_insertion_order")
    quarantine(connection)
    connection.execute("CREATE OR REPLACE TEMP TABLE loaded_days AS SELECT unnest(?::DATE[])", [list(days)])


def quarantine(connection: duckdb.DuckDBPyConnection) -> None:
    """Keep the rows that were rejected, as they came."""
    connection.execute(
        "INSERT INTO quarantine SELECT source_file, row_number, reason, exported, files.export_day"
        " FROM export_rejects INNER JOIN export_contents USING (source_file, row_number)"
        " INNER JOIN export_files AS files USING (source_file)"
    )


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


def record(connection: duckdb.DuckDBPyConnection, local: Sequence[LocalFile], settings: Settings) -> list[DayLoad]:
    """Count what became of each file's rows, and see that none got lost.

    Raises:
        ConservationError: if one did.
    """
    counted = {row[0]: row[1:] for row in connection.execute(read_sql("loading/conservation")).fetchall()}
    totals: dict[date | None, list[int]] = {}
    read_with = of_reading(settings)
    for file in local:
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
            connection.execute("INSERT INTO arrivals VALUES (?, ?)", [file.day, file.file.address])
        totals[file.day] = [a + b for a, b in zip(totals.get(file.day, [0] * 5), counts, strict=True)]
    return [DayLoad(day, *counts) for day, counts in totals.items()]


def _close(connection: duckdb.DuckDBPyConnection) -> None:
    for name, kind in connection.execute(
        "SELECT view_name, 'VIEW' FROM duckdb_views() WHERE temporary AND NOT internal"
        " UNION ALL SELECT table_name, 'TABLE' FROM duckdb_tables() WHERE temporary"
    ).fetchall():
        connection.execute(f'DROP {kind} IF EXISTS temp."{name}"')
