"""Reading export files of any format and any age of the schema, as rows with all fields of today's export."""

import hashlib
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from glob import escape
from pathlib import Path

import duckdb
import fsspec
import polars as pl

from models.sql import quoted_text
from pipelines.conforming import Conformed, Raw, conform
from pipelines.exports import ExportError, ExportFile, StoreError, first_line, store_errors
from pipelines.json_lines import FormatError, read_rows

READING_ERRORS = (duckdb.Error, pl.exceptions.PolarsError, OSError, EOFError)
BEGINNINGS = {"parquet": b"PAR1", "avro": b"Obj\x01"}


@dataclass(frozen=True)
class DayFile:
    """A file of an export or of a feed.

    Args:
        file: where it stands.
        day: the export day that it holds; None for a feed, which holds many.
        content_hash: of its bytes, where that is asked for.
    """

    file: ExportFile
    day: date | None
    content_hash: str = ""


@dataclass(frozen=True, kw_only=True)
class LocalFile(DayFile):
    """A file on this machine, at `path`."""

    path: Path


@contextmanager
def local_copy(file: ExportFile) -> Iterator[Path]:
    """Give the path of a file on this machine: its own, or that of a copy which is removed afterwards.

    Raises:
        StoreError: if the object store does not hand it over.
    """
    if not file.is_remote:
        yield Path(file.address)
        return
    with tempfile.TemporaryDirectory(prefix="sojourn-") as folder:
        path = Path(folder) / file.name
        try:
            with fsspec.open(file.address, "rb") as source, path.open("wb") as target:
                shutil.copyfileobj(source, target, 1 << 20)
        except store_errors() as error:
            raise StoreError(f"{file.address} cannot be fetched: {first_line(error)}") from error
        yield path


def content_hash(path: Path) -> str:
    """The SHA-256 of a file's bytes, as hexadecimal text.

    Raises:
        ExportError: if it cannot be read from end to end.
    """
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise ExportError(
            f"{path} cannot be read: {error.strerror or error}", "let the user of the nights read it, or take it away"
        ) from error


def open_rows(connection: duckdb.DuckDBPyConnection, files: Sequence[LocalFile]) -> list[Conformed]:
    """Open files as the temporary view export_rows, fields absent in a file null.

    It has one row per row of the files: EXPORT_COLUMNS, source_file, row_number (from 1), export_day, and fault: why
    it is no event, where reading it tells. Parquet is read again each time; what costs more to parse is kept in a
    temporary table. The temporary table export_files has one row per file.

    Returns:
        the queries over the files, for `set_aside`.

    Raises:
        ExportError: if one is not a whole file of its format or lacks a column that every export has.
    """
    list_files(connection, files)
    groups: defaultdict[tuple[object, ...], list[LocalFile]] = defaultdict(list)
    for number, file in enumerate(files):
        groups[_kind(connection, file, number)].append(file)
    opened = [_open(connection, group, number) for number, group in enumerate(groups.values())]
    present(connection, opened)
    return opened


def list_files(connection: duckdb.DuckDBPyConnection, files: Sequence[LocalFile]) -> None:
    """Write the temporary table export_files: one row per file; rows_read is written by who reads it."""
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE export_files"
        " (path VARCHAR, source_file VARCHAR, export_day DATE, rows_read BIGINT)"
    )
    columns = [str(file.path) for file in files], [file.file.address for file in files], [file.day for file in files]
    connection.execute("INSERT INTO export_files SELECT unnest(?), unnest(?), unnest(?), NULL", columns)


def present(connection: duckdb.DuckDBPyConnection, opened: Sequence[Conformed]) -> None:
    """Show the rows of all files as the temporary view export_rows."""
    rows = " UNION ALL ".join(one.rows for one in opened)
    connection.execute(f"CREATE OR REPLACE TEMP VIEW export_rows AS {rows}")


def set_aside(connection: duckdb.DuckDBPyConnection, opened: Sequence[Conformed], *tables: str) -> None:
    """Write out the rows that tables name by source_file and row_number, in one reading of the files.

    They are the temporary view export_whole_rows: columns as in export_rows, and content (the row as it came, JSON)
    and extras (fields of its own that are set, as text).
    """
    named = " UNION ".join(f"SELECT source_file, row_number FROM {table}" for table in tables)
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE export_wanted AS SELECT path AS _path, row_number AS _row_number"
        f" FROM ({named}) INNER JOIN export_files USING (source_file)"
    )
    for one in opened:
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {one.aside} AS {one.wanted}")
    whole = " UNION ALL ".join(one.whole for one in opened)
    connection.execute(f"CREATE OR REPLACE TEMP VIEW export_whole_rows AS {whole}")


def _kind(connection: duckdb.DuckDBPyConnection, file: LocalFile, number: int) -> tuple[object, ...]:
    """Parquet files of one shape are read together, all others one by one."""
    try:
        _check_beginning(file)
        if file.file.format != "parquet":
            return (number,)
        relation = connection.read_parquet(escape(str(file.path)))
    except READING_ERRORS as error:
        raise unreadable(file.file, error) from error
    return (*relation.columns, *map(str, relation.types))


def _check_beginning(file: LocalFile) -> None:
    """A file that begins otherwise than its format does is of another, and a new copy of it does not help.

    Raises:
        FormatError: if it does.
    """
    expected = BEGINNINGS.get(file.file.format, b"")
    with file.path.open("rb") as stream:
        begins = stream.read(20)
    if begins and not begins.startswith(expected):
        raise FormatError(
            f"it begins with {begins.decode('ascii', 'replace')!r}",
            "name it as what it is, or leave it out with --keep-going",
        )


def _open(connection: duckdb.DuckDBPyConnection, group: Sequence[LocalFile], number: int) -> Conformed:
    first, cache = group[0], f"export_cache_{number}"
    try:
        raw = {"parquet": _parquet, "json": _json, "avro": _avro}[first.file.format](connection, group, cache)
        return conform(connection, raw, first.file, f"export_aside_{number}", cache)
    except duckdb.OutOfMemoryException:
        raise  # the machine is too small for it, the file may be whole
    except READING_ERRORS as error:
        raise unreadable(first.file, error) from error


def unreadable(file: ExportFile, error: Exception) -> ExportError:
    """Say in one line that a file cannot be read, and what to do."""
    if isinstance(error, FormatError):
        return ExportError(f"{file.address} cannot be read as {file.format} ({first_line(error)})", error.advice)
    return ExportError(
        f"{file.address} is not a whole {file.format} file ({first_line(error)})",
        "copy it again, or leave it out with --keep-going",
    )


def day_of_rows(connection: duckdb.DuckDBPyConnection, file: ExportFile, path: Path) -> date | None:
    """Read the one day that a file holds from its event_date, for a file whose name does not tell; None without rows.

    Raises:
        ExportError: if it cannot be read, or its rows name no day or several.
    """
    open_rows(connection, [LocalFile(file, date.min, path=path)])
    told = "SELECT DISTINCT event_date, try_strptime(event_date, '%Y%m%d')::DATE FROM export_rows ORDER BY ALL"
    found = connection.execute(told).fetchall()
    if not found:
        return None
    days = [day for _, day in found if day]
    if len(days) == 1:
        return days[0]  # type: ignore[no-any-return]
    texts = [text for text, _ in found if text is not None]
    if texts and not days:
        raise ExportError(f"{file.address} has event_date {texts[0]!r}; expected a day such as 20260131")
    many = f"days from {days[0]:%Y%m%d} to {days[-1]:%Y%m%d}" if days else "no event_date"
    raise ExportError(f"{file.address} holds {many}; name it events_YYYYMMDD and keep one day in a file")


def _parquet(connection: duckdb.DuckDBPyConnection, files: Sequence[LocalFile], cache: str) -> Raw:
    paths = [escape(str(file.path)) for file in files]
    connection.execute(
        "UPDATE export_files SET rows_read = num_rows FROM parquet_file_metadata(?) WHERE path = file_name", [paths]
    )
    relation = connection.read_parquet(paths, file_row_number=True, filename=True, binary_as_string=True)
    named = relation.project(
        "* EXCLUDE (file_row_number, filename),"
        " filename AS _path, file_row_number + 1 AS _row_number, true AS _is_parsed"
    )
    return Raw(named)


def _json(connection: duckdb.DuckDBPyConnection, files: Sequence[LocalFile], cache: str) -> Raw:
    rows = f"{cache}_rows"
    _note_rows(connection, files[0], read_rows(connection, files[0].path, rows))
    return Raw(connection.table(rows).project(f"*, {quoted_text(str(files[0].path))} AS _path"), is_json=True)


def _avro(connection: duckdb.DuckDBPyConnection, files: Sequence[LocalFile], cache: str) -> Raw:
    rows = pl.read_avro(files[0].path).with_row_index("_row_number", 1)
    _note_rows(connection, files[0], rows.height)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {cache}_rows AS FROM rows")
    path = quoted_text(str(files[0].path))
    return Raw(connection.table(f"{cache}_rows").project(f"*, true AS _is_parsed, {path} AS _path"))


def _note_rows(connection: duckdb.DuckDBPyConnection, file: LocalFile, rows: int) -> None:
    """Write down how many rows a file has, by what the file itself or the count of its lines says."""
    connection.execute("UPDATE export_files SET rows_read = ? WHERE path = ?", [rows, str(file.path)])
