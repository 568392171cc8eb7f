"""Reading export files of any format and any age of the schema, as rows with all fields of today's export."""

import gzip
import hashlib
import json
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from glob import escape
from pathlib import Path
from typing import IO

import duckdb
import fsspec
import polars as pl

from models.sql import quoted_text
from pipelines.conforming import Conformed, conform, json_structure
from pipelines.exports import ExportError, ExportFile, StoreError, first_line, store_errors

READING_ERRORS = (duckdb.Error, pl.exceptions.PolarsError, OSError, EOFError)
MAX_LINE = 8 * 1024 * 1024
"""Bytes of the longest line; DuckDB sets aside sixteen times as much for each core that reads."""
GZIP = b"\x1f\x8b"


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
    """Write the temporary table export_files: one row per file."""
    connection.execute("CREATE OR REPLACE TEMP TABLE export_files (path VARCHAR, source_file VARCHAR, export_day DATE)")
    for file in files:
        connection.execute("INSERT INTO export_files VALUES (?, ?, ?)", [str(file.path), file.file.address, file.day])


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
    if file.file.format != "parquet":
        return (number,)
    try:
        relation = connection.read_parquet(escape(str(file.path)))
    except READING_ERRORS as error:
        raise unreadable(file.file, error) from error
    return (*relation.columns, *map(str, relation.types))


def _open(connection: duckdb.DuckDBPyConnection, group: Sequence[LocalFile], number: int) -> Conformed:
    first, cache, aside = group[0], f"export_cache_{number}", f"export_aside_{number}"
    try:
        if first.file.format == "parquet":
            return conform(_parquet(connection, group), first.file, aside)
        with _readable(first) as path:
            raw = {"json": _json, "avro": _avro}[first.file.format](connection, path)
            raw = raw.project(f"*, {quoted_text(str(first.path))} AS _path")
            connection.execute(f"CREATE TEMP TABLE {cache} AS {raw.sql_query()}")
            _check_parsed(connection, cache)
            return conform(raw, first.file, aside, cache)
    except duckdb.OutOfMemoryException:
        raise  # the machine is too small for it, the file may be whole
    except READING_ERRORS as error:
        raise unreadable(first.file, error) from error


def unreadable(file: ExportFile, error: Exception) -> ExportError:
    """Say in one line that a file cannot be read, and what to do."""
    return ExportError(
        f"{file.address} is not a whole {file.format} file ({first_line(error)})",
        "copy it again, or leave it out with --keep-going",
    )


def day_of_rows(connection: duckdb.DuckDBPyConnection, file: ExportFile, path: Path) -> date:
    """Read the one day that a file holds from its event_date, for a file whose name does not tell.

    Raises:
        ExportError: if it cannot be read, or its rows name no day or several.
    """
    open_rows(connection, [LocalFile(file, date.min, path=path)])
    rows = connection.execute("SELECT DISTINCT event_date FROM export_rows WHERE event_date IS NOT NULL ORDER BY ALL")
    days = [row[0] for row in rows.fetchall()]
    if len(days) != 1:
        found = f"days from {days[0]} to {days[-1]}" if days else "no event_date"
        raise ExportError(f"{file.address} holds {found}; name it events_YYYYMMDD and keep one day in a file")
    try:
        return datetime.strptime(days[0], "%Y%m%d").date()
    except ValueError:
        raise ExportError(f"{file.address} has event_date {days[0]!r}; expected a day such as 20260131") from None


def _parquet(connection: duckdb.DuckDBPyConnection, files: Sequence[LocalFile]) -> duckdb.DuckDBPyRelation:
    paths = [escape(str(file.path)) for file in files]
    relation = connection.read_parquet(paths, file_row_number=True, filename=True, binary_as_string=True)
    return relation.project(
        "* EXCLUDE (file_row_number, filename),"
        " filename AS _path, file_row_number + 1 AS _row_number, true AS _is_parsed"
    )


def _json(connection: duckdb.DuckDBPyConnection, path: Path) -> duckdb.DuckDBPyRelation:
    lines = connection.read_csv(
        escape(str(path)),
        header=False,
        columns={"_line": "VARCHAR"},
        sep="\x01",
        quotechar="",
        escapechar="",
        auto_detect=False,
        compression="gzip" if _is_gzip(path) else "none",
        max_line_size=MAX_LINE,
    )
    numbered = lines.project("_line, row_number() OVER () AS _row_number").filter("_line IS NOT NULL")
    parsed = numbered.project("*, coalesce(json_type(TRY_CAST(_line AS JSON)) = 'OBJECT', false) AS _is_parsed")
    shaped = parsed.project(
        f"*, CASE WHEN _is_parsed THEN json_transform(_line, '{json_structure()}') END AS export_row"
    )
    return shaped.project("unnest(export_row), _line, _row_number, _is_parsed")


def _avro(connection: duckdb.DuckDBPyConnection, path: Path) -> duckdb.DuckDBPyRelation:
    rows = pl.read_avro(path).with_row_index("_row_number", 1)  # noqa: F841 - DuckDB reads it by its name
    connection.execute("CREATE OR REPLACE TEMP TABLE export_avro AS FROM rows")
    return connection.table("export_avro").project("*, true AS _is_parsed")


def _is_gzip(path: Path) -> bool:
    """By its first bytes: BigQuery compresses what it is told to, whatever the name says."""
    with path.open("rb") as stream:
        return stream.read(len(GZIP)) == GZIP


@contextmanager
def _readable(file: LocalFile) -> Iterator[Path]:
    r"""Give the path of the file or, where some of its lines are no text, of a copy in which these are written as text.

    What is no text becomes an escape such as \xff, which no JSON has, so that the row does not parse.
    """
    if file.file.format != "json" or _is_text(file.path):
        yield file.path
        return
    with tempfile.TemporaryDirectory(prefix="sojourn-") as folder:
        copy = Path(folder) / "lines.json"
        with open_bytes(file.path) as lines, copy.open("w", encoding="utf-8", newline="") as target:
            for line in lines:
                text = line.decode("utf-8", "backslashreplace")
                target.write(text.replace("\x00", r"\x00").replace("\x01", r"\x01"))
        yield copy


def open_bytes(path: Path) -> IO[bytes]:
    """Open a file that may be compressed with gzip."""
    return gzip.open(path) if _is_gzip(path) else path.open("rb")  # type: ignore[return-value]


def _is_text(path: Path) -> bool:
    """Whether all lines are text that DuckDB can read.

    Raises:
        OSError: if the last line has no end and is no JSON: the file was cut off on its way.
    """
    is_text, last = True, b""
    with open_bytes(path) as lines:
        for last in lines:
            is_text = is_text and _is_plain(last)
    if last.strip() and not last.endswith(b"\n"):
        try:
            json.loads(last)
        except ValueError:
            raise OSError("its last line is cut off") from None
    return is_text


def _is_plain(line: bytes) -> bool:
    if b"\x00" in line or b"\x01" in line:
        return False
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _check_parsed(connection: duckdb.DuckDBPyConnection, cache: str) -> None:
    """A file without a single row that parses is of another kind than its name says."""
    row = connection.execute(f"SELECT count(*), count(*) FILTER (_is_parsed) FROM temp.{cache}").fetchone()
    if row and row[0] and not row[1]:
        raise OSError("no line of it is a JSON object")
