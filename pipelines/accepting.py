"""Accepting rows: those of opened files are told apart into events, duplicates, quarantined and excluded."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import duckdb

from models.expressions import shown
from models.ga4 import EXPORT_COLUMNS
from models.ids import PLACEHOLDER_IDS
from models.settings import Settings, SettingsError
from models.sql import read_sql
from pipelines.conforming import Conformed
from pipelines.exports import ExportError, ExportFile
from pipelines.feed_reading import open_feeds
from pipelines.reading import READING_ERRORS, LocalFile, open_rows, set_aside, unreadable
from pipelines.warehouse import first_row

KEY = "(hash(export_date, device_id, occurred_at, event_name) >> 1)::BIGINT"
"""Rows that differ in one of these are no twins; of those that do not, some have the same key by chance."""
EMPTY_LIST = r"""regexp_replace({}, '("[^"\\]*"):\[\]', '\1:null', 'g')"""
"""A field's empty list is as good as none; within a text, where quotes are escaped, it stays what it is."""
SHARED_KEYS = "SELECT key FROM export_keys WHERE reason IS NULL GROUP BY key HAVING count(*) > 1"


@contextmanager
def accepted_rows(
    connection: duckdb.DuckDBPyConnection, files: Sequence[LocalFile], settings: Settings
) -> Iterator[None]:
    """Open files as temporary views: what becomes of their rows.

    `accepted` has the rows that are events, `accepted_items` their items, `rejected` the rows for the quarantine, and
    `export_counts`, one row per file, the rows read, the duplicates and the excluded.

    Raises:
        ExportError: if a file cannot be read.
        SettingsError: if `exclude` is no expression over an event.
    """
    with normalised_rows(connection, files, settings) as opened:
        put_twins_aside(connection, opened, settings, rows_with(SHARED_KEYS))
        connection.execute(f"CREATE OR REPLACE TEMP TABLE twins AS {read_sql('loading/twins')}")
        show_accepted(connection)
        yield


@contextmanager
def normalised_rows(
    connection: duckdb.DuckDBPyConnection, files: Sequence[LocalFile], settings: Settings
) -> Iterator[Sequence[Conformed]]:
    """Open files as the views export_rows and normalised and the table export_keys, all temporary.

    Trouble on the way, and within, is told with the file or setting that it comes from.

    Yields:
        the queries over the files, for `put_twins_aside`.

    Raises:
        ExportError: if a file cannot be read.
        SettingsError: if `exclude` is no expression over an event.
    """
    try:
        opened = _open(connection, files)
        connection.execute("SET VARIABLE timezone = ?", [settings.timezone])
        connection.execute("SET VARIABLE feed_timezone = ?", [settings.feed_timezone])
        connection.execute(
            "SET VARIABLE placeholder_ids = list_transform(?::VARCHAR[], lambda id: lower(id_of(id)))",
            [[*PLACEHOLDER_IDS, *settings.placeholder_ids]],
        )
        _normalise(connection, "normalised", "export_rows", settings)
        connection.execute(
            "CREATE OR REPLACE TEMP TABLE export_keys AS"
            f" SELECT source_file, row_number, reason, {KEY} AS key FROM normalised"
        )
        if files[0].file.kind != "feed":
            _check_events(connection)
        yield opened
    except READING_ERRORS as error:
        if _is_room(error):
            raise
        raise _culprit(connection, files, settings, error) from error
    finally:
        close_files(connection)


def rows_with(keys: str) -> str:
    """The query for the acceptable rows that have one of these keys."""
    return f"SELECT source_file, row_number FROM export_keys WHERE reason IS NULL AND key IN ({keys})"


def put_twins_aside(
    connection: duckdb.DuckDBPyConnection, opened: Sequence[Conformed], settings: Settings, twins: str
) -> None:
    """Write out the rows that may be twins, and those that are rejected; they are few.

    Only they are compared in every field: the temporary table twin_contents has what decides among them.

    Args:
        connection: one on which files are opened.
        opened: the queries over these files.
        settings: `exclude` is used.
        twins: a query for the rows that share day, device, microsecond and name with another.
    """
    connection.execute(f"CREATE OR REPLACE TEMP TABLE export_twins AS {twins}")
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE export_rejects AS"
        " SELECT source_file, row_number, reason FROM export_keys WHERE reason IS NOT NULL"
    )
    connection.execute("DROP TABLE export_keys")
    set_aside(connection, opened, "export_twins", "export_rejects")
    packed = f"to_json(struct_pack({', '.join(EXPORT_COLUMNS)}))::VARCHAR"
    whole = f"{EMPTY_LIST.format(packed)} || extras"
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE export_contents AS SELECT source_file, row_number, export_day,"
        f" content AS exported, {whole} AS content FROM export_whole_rows"
    )
    _normalise(connection, "normalised_aside", "export_whole_rows", settings)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE twin_contents AS {read_sql('loading/contents')}")


def show_accepted(connection: duckdb.DuckDBPyConnection) -> None:
    """Show what becomes of the rows of opened files, once the temporary table twins ranks those that share a key."""
    for view, query in (
        ("accepted", "loading/events"),
        ("accepted_items", "loading/items"),
        ("rejected", "loading/rejects"),
    ):
        connection.execute(f"CREATE OR REPLACE TEMP VIEW {view} AS {read_sql(query)}")
    connection.execute(f"CREATE OR REPLACE TEMP TABLE export_counts AS {read_sql('loading/counts')}")


def faults(
    connection: duckdb.DuckDBPyConnection, files: Sequence[LocalFile], settings: Settings
) -> dict[ExportFile, ExportError]:
    """Read files from end to end, one by one, and say which cannot be read."""
    found = {}
    for file in files:
        try:
            with normalised_rows(connection, [file], settings):
                connection.execute("SELECT count(hash(COLUMNS(*))) FROM export_rows").fetchall()
        except ExportError as error:
            found[file.file] = error
    return found


def close_files(connection: duckdb.DuckDBPyConnection) -> None:
    """Drop all that was made to read files."""
    for name, kind in connection.execute(
        "SELECT view_name, 'VIEW' FROM duckdb_views() WHERE temporary AND NOT internal"
        " UNION ALL SELECT table_name, 'TABLE' FROM duckdb_tables() WHERE temporary"
    ).fetchall():
        connection.execute(f'DROP {kind} IF EXISTS temp."{name}"')


def _check_events(connection: duckdb.DuckDBPyConnection) -> None:
    """A file of which no row can be an event is of another kind or day than it says: it never replaces a good day.

    Raises:
        ExportError: for the first such file; it says why its rows are none, and when they happened.
    """
    found = first_row(
        connection,
        "SELECT source_file, count(*), mode(reason) FROM export_keys GROUP BY source_file"
        " HAVING count(reason) = count(*) ORDER BY source_file",
    )
    if found is None:
        return
    address, rows, reason = found
    days = first_row(
        connection,
        "SELECT min(occurred_at)::DATE, max(occurred_at)::DATE, any_value(export_date) FROM normalised"
        " WHERE source_file = ?",
        [address],
    ) or (None, None, None)
    when = f", for they happened from {days[0]} to {days[1]}, and the file is one of {days[2]}" if days[0] else ""
    raise ExportError(
        f"{address} holds no event: of its {rows:,} rows none can be one ({reason}{when})",
        "check what was exported and how the file is named, or leave it out with --keep-going",
    )


def _culprit(
    connection: duckdb.DuckDBPyConnection, files: Sequence[LocalFile], settings: Settings, error: Exception
) -> Exception:
    """The file that the trouble comes from, else `exclude`; where neither is to blame, the trouble itself."""
    for file in files:
        close_files(connection)
        try:
            _open(connection, [file])
            connection.execute("SELECT count(hash(COLUMNS(*))) FROM export_rows").fetchall()
        except ExportError as fault:
            return fault
        except READING_ERRORS as fault:
            return unreadable(file.file, fault)
    is_of_values = isinstance(error, (duckdb.DataError, duckdb.InvalidInputException, duckdb.InvalidTypeException))
    return _unusable(settings.exclude, error) if settings.exclude and is_of_values else error


def _unusable(exclude: str, error: Exception) -> SettingsError:
    return SettingsError(f"setting 'exclude' is {shown(exclude)}: {str(error).splitlines()[0]}")


def _is_room(error: Exception) -> bool:
    """Whether it is the machine that ran out of room, not the file that is wrong."""
    return isinstance(error, duckdb.OutOfMemoryException) or "No space left" in str(error)


def _open(connection: duckdb.DuckDBPyConnection, files: Sequence[LocalFile]) -> Sequence[Conformed]:
    connection.execute(read_sql("loading/macros"))
    return (open_feeds if files[0].file.kind == "feed" else open_rows)(connection, files)


def _normalise(connection: duckdb.DuckDBPyConnection, view: str, rows: str, settings: Settings) -> None:
    try:
        connection.execute(
            f"CREATE OR REPLACE TEMP VIEW {view} AS SELECT *, coalesce(({settings.exclude_sql})::BOOLEAN, false)"
            f" AS is_excluded FROM ({read_sql('loading/rows').replace('export_rows', rows)})"
        )
    except (duckdb.ParserException, duckdb.BinderException) as error:
        if not settings.exclude:
            raise
        raise _unusable(settings.exclude, error) from None
