"""Loading one export day: its rows become events, duplicates, quarantine or excluded, and every row is accounted for."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from models.errors import SojournError
from models.ga4 import EXPORT_COLUMNS
from models.settings import Settings, SettingsError
from models.sql import read_sql
from models.tables import EVENTS, ITEMS, LOADED, LOADS, QUARANTINE
from pipelines.exports import ExportFile
from pipelines.reading import READING_ERRORS, content_hash, local_copy, read_rows, unreadable

VIEWS = ("accepted", "normalised", "export_rows")
SCRATCH = ("twins", "export_twins", "export_contents", "export_cache")


class ConservationError(SojournError):
    """Rows that were read and are neither event, duplicate, quarantined nor excluded."""


@dataclass(frozen=True)
class DayLoad:
    """What became of the rows of one day's files."""

    day: date
    rows_read: int
    events: int
    duplicates: int
    quarantined: int
    excluded: int


def load_day(
    connection: duckdb.DuckDBPyConnection, day: date, exports: Sequence[ExportFile], settings: Settings
) -> DayLoad:
    """Replace one day whole by what its files hold, in one transaction.

    Args:
        connection: a cursor of its own; temporary views are made on it.
        day: the export day.
        exports: the day's files, all of one kind.
        settings: time zone and `exclude` are used.

    Raises:
        ExportError: if a file cannot be read.
        SettingsError: if `exclude` is no expression over an event.
        ConservationError: if a row got lost. The day is then as it was before.
    """
    with ExitStack() as stack:
        paths = [stack.enter_context(local_copy(file)) for file in exports]
        hashes = [content_hash(path) for path in paths]
        try:
            _open_day(connection, day, exports, paths, settings)
            with _transaction(connection):
                _replace_day(connection, day)
                return _record(connection, day, exports, hashes)
        except READING_ERRORS as error:
            if _is_room(error):
                raise
            raise unreadable(exports[0], error) from error
        finally:
            _close_day(connection)


def drop_day(connection: duckdb.DuckDBPyConnection, day: date) -> None:
    """Remove a day whole, for one that is no longer in the exports."""
    with _transaction(connection):
        _delete_day(connection, day)


@contextmanager
def _transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    connection.begin()
    try:
        yield
    except BaseException:
        connection.rollback()
        raise
    connection.commit()


def _is_room(error: Exception) -> bool:
    """Whether it is the machine that ran out of room, not the file that is wrong."""
    return isinstance(error, duckdb.OutOfMemoryException) or "No space left" in str(error)


def _open_day(
    connection: duckdb.DuckDBPyConnection,
    day: date,
    exports: Sequence[ExportFile],
    paths: Sequence[Path],
    settings: Settings,
) -> None:
    connection.execute("SET VARIABLE export_day = ?::DATE", [day])
    connection.execute("SET VARIABLE timezone = ?", [settings.timezone])
    connection.execute(read_sql("loading/macros"))
    rows = [read_rows(connection, file, path) for file, path in zip(exports, paths, strict=True)]
    whole = rows[0]
    for more in rows[1:]:
        whole = whole.union(more)
    if any(file.format != "parquet" for file in exports):
        whole.to_table("temp.export_cache")
        whole = connection.table("temp.export_cache")
    connection.execute(f"CREATE OR REPLACE TEMP VIEW export_rows AS {whole.sql_query()}")
    _open_normalised(connection, settings.exclude)
    _find_twins(connection)
    connection.execute(f"CREATE OR REPLACE TEMP VIEW accepted AS {read_sql('loading/events')}")


def _open_normalised(connection: duckdb.DuckDBPyConnection, exclude: str | None) -> None:
    try:
        connection.execute(
            f"CREATE OR REPLACE TEMP VIEW normalised AS SELECT *, coalesce(({exclude or 'false'})::BOOLEAN, false)"
            f" AS is_excluded FROM ({read_sql('loading/rows')})"
        )
    except (duckdb.ParserException, duckdb.BinderException) as error:
        if exclude is None:
            raise
        raise SettingsError(f"setting 'exclude' is {exclude!r}: {str(error).splitlines()[0]}") from None


def _find_twins(connection: duckdb.DuckDBPyConnection) -> None:
    """Rows that share device, microsecond and name are few: only they are compared in every field."""
    connection.execute(
        """
        CREATE OR REPLACE TEMP TABLE export_twins AS
        WITH keyed AS (
            SELECT source_file, row_number, hash(device_id, stream_id, occurred_at, event_name) AS bucket
            FROM normalised WHERE reason IS NULL
        )
        SELECT source_file, row_number FROM keyed
        WHERE bucket IN (SELECT bucket FROM keyed GROUP BY bucket HAVING count(*) > 1)
        """
    )
    has_twins = connection.execute("SELECT count(*) > 0 FROM export_twins").fetchone() == (True,)
    columns = "to_json(struct_pack(event_timestamp, event_name))" if not has_twins else _content_sql()
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE export_contents AS SELECT source_file, row_number,"
        f" {columns}::VARCHAR || extras AS content FROM export_rows"
        f" {'SEMI JOIN export_twins USING (source_file, row_number)' if has_twins else 'LIMIT 0'}"
    )
    connection.execute(f"CREATE OR REPLACE TEMP TABLE twins AS {read_sql('loading/twins')}")


def _content_sql() -> str:
    return f"to_json(struct_pack({', '.join(EXPORT_COLUMNS)}))"


def _replace_day(connection: duckdb.DuckDBPyConnection, day: date) -> None:
    _delete_day(connection, day)
    events = ", ".join(EVENTS.column_names)
    connection.execute(f"INSERT INTO events ({events}) SELECT {events} FROM accepted")
    connection.execute(f"INSERT INTO items ({', '.join(ITEMS.column_names)}) {read_sql('loading/items')}")
    if connection.execute("SELECT count(*) FROM normalised WHERE reason IS NOT NULL").fetchone() != (0,):
        connection.execute(
            "INSERT INTO quarantine SELECT n.source_file, n.row_number, n.reason, r.content, n.export_date"
            " FROM normalised AS n INNER JOIN export_rows AS r USING (source_file, row_number)"
            " WHERE n.reason IS NOT NULL"
        )


def _delete_day(connection: duckdb.DuckDBPyConnection, day: date) -> None:
    for table in LOADED:
        column = "export_day" if table in (LOADS, QUARANTINE) else "export_date"
        connection.execute(f"DELETE FROM {table.name} WHERE {column} = ?", [day])


def _record(
    connection: duckdb.DuckDBPyConnection, day: date, exports: Sequence[ExportFile], hashes: Sequence[str]
) -> DayLoad:
    total = [0] * 5
    for file, digest in zip(exports, hashes, strict=True):
        counts = _count(connection, file)
        rows_read, *parts = counts
        if rows_read != sum(parts):
            raise ConservationError(
                f"{file.address}: {rows_read} rows read, but events, duplicates, quarantined and excluded are"
                f" {' + '.join(map(str, parts))} = {sum(parts)}; nothing of {day} was loaded"
            )
        connection.execute(
            "INSERT INTO loads VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                file.address,
                day,
                file.kind == "daily",
                *counts,
                digest,
                datetime.now(UTC).replace(tzinfo=None),
            ],
        )
        total = [a + b for a, b in zip(total, counts, strict=True)]
    return DayLoad(day, *total)


def _count(connection: duckdb.DuckDBPyConnection, file: ExportFile) -> list[int]:
    row = connection.execute(
        """
        SELECT
            (SELECT count(*) FROM export_rows WHERE source_file = $file),
            (SELECT count(*) FROM events
             WHERE export_date = getvariable('export_day') AND source_file = $file),
            (SELECT count(*) FROM twins WHERE source_file = $file AND is_duplicate),
            (SELECT count(*) FROM quarantine
             WHERE export_day = getvariable('export_day') AND source_file = $file),
            (SELECT count(*) FROM normalised ANTI JOIN (FROM twins WHERE is_duplicate)
             USING (source_file, row_number) WHERE source_file = $file AND is_excluded AND reason IS NULL)
        """,
        {"file": file.address},
    ).fetchone()
    assert row is not None  # a select of scalars has one row
    return list(row)


def _close_day(connection: duckdb.DuckDBPyConnection) -> None:
    for view in VIEWS:
        connection.execute(f"DROP VIEW IF EXISTS {view}")
    for table in SCRATCH:
        connection.execute(f"DROP TABLE IF EXISTS temp.{table}")
