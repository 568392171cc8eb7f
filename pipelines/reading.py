"""Reading one export file: any format and any age of the schema, as a relation with all fields of today's export."""

import gzip
import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import fsspec
import polars as pl

from models.ga4 import EXPORT_COLUMNS, REQUIRED_COLUMNS
from pipelines.exports import ExportError, ExportFile, StoreError

READING_ERRORS = (duckdb.Error, pl.exceptions.PolarsError, OSError, EOFError)
MAX_LINE = 64 * 1024 * 1024


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
        except OSError as error:
            raise StoreError(f"{file.address} cannot be fetched: {error}") from error
        yield path


def content_hash(path: Path) -> str:
    """The SHA-256 of a file's bytes, as hexadecimal text."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def read_rows(connection: duckdb.DuckDBPyConnection, file: ExportFile, path: Path) -> duckdb.DuckDBPyRelation:
    """Open a file as a relation with every field of today's export, absent ones null.

    Args:
        connection: where the relation lives.
        file: the export file.
        path: where it stands on this machine.

    Returns:
        one row per row of the file: EXPORT_COLUMNS, source_file, row_number (from 1), is_parsed, content (the row as
        it came, JSON) and extras (the row as text where it has fields of its own, else empty).

    Raises:
        ExportError: if it is not a whole file of its format or lacks a column that every export has.
    """
    try:
        raw = {"parquet": _parquet, "json": _json, "avro": _avro}[file.format](connection, path)
        return _conform(raw, file)
    except READING_ERRORS as error:
        raise unreadable(file, error) from error


def unreadable(file: ExportFile, error: Exception) -> ExportError:
    """Say in one line that a file cannot be read, and what to do."""
    first = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return ExportError(
        f"{file.address} is not a whole {file.format} file ({first}); copy it again, or leave it out with --keep-going"
    )


def day_of_rows(relation: duckdb.DuckDBPyRelation, file: ExportFile) -> date:
    """Read the one day that a file holds from its event_date, for a file whose name does not tell.

    Raises:
        ExportError: if its rows name no day or several.
    """
    days = [row[0] for row in relation.project("event_date").distinct().order("event_date").fetchall() if row[0]]
    if len(days) != 1:
        found = f"days from {days[0]} to {days[-1]}" if days else "no event_date"
        raise ExportError(f"{file.address} holds {found}; name it events_YYYYMMDD and keep one day in a file")
    return datetime.strptime(days[0], "%Y%m%d").date()


def _parquet(connection: duckdb.DuckDBPyConnection, path: Path) -> duckdb.DuckDBPyRelation:
    relation = connection.read_parquet(str(path), file_row_number=True, binary_as_string=True)
    return relation.project("* EXCLUDE (file_row_number), file_row_number + 1 AS row_number, true AS is_parsed")


def _json(connection: duckdb.DuckDBPyConnection, path: Path) -> duckdb.DuckDBPyRelation:
    _check_last_line(path)
    lines = connection.read_csv(
        str(path),
        header=False,
        columns={"line": "VARCHAR"},
        sep="\x01",
        quotechar="",
        escapechar="",
        auto_detect=False,
        max_line_size=MAX_LINE,
    )
    structure = json.dumps({name: _structure(duckdb.sqltype(kind)) for name, kind in EXPORT_COLUMNS.items()})
    numbered = lines.project("line, row_number() OVER () AS row_number").filter("line IS NOT NULL")
    parsed = numbered.project(
        "*, json_valid(line) AND coalesce(json_type(TRY_CAST(line AS JSON)) = 'OBJECT', false) AS is_parsed"
    )
    shaped = parsed.project(
        f"row_number, is_parsed, line, CASE WHEN is_parsed THEN json_transform(line, '{structure}') END AS export_row"
    )
    return shaped.project("unnest(export_row), line, row_number, is_parsed")


def _avro(connection: duckdb.DuckDBPyConnection, path: Path) -> duckdb.DuckDBPyRelation:
    rows = pl.read_avro(path).with_row_index("row_number", 1)
    return connection.from_arrow(rows.to_arrow()).project("*, true AS is_parsed")


def _check_last_line(path: Path) -> None:
    """A last line without an end that is no JSON is a file cut off on its way, not one bad row."""
    opener = gzip.open if path.suffix == ".gz" else open
    last = b""
    with opener(path, "rb") as stream:
        for last in stream:  # noqa: B007 - only the last is wanted
            pass
    if last.strip() and not last.endswith(b"\n"):
        try:
            json.loads(last)
        except ValueError:
            raise OSError("its last line is cut off") from None


def _structure(kind: Any) -> Any:
    if kind.id == "struct":
        return {name: _structure(child) for name, child in kind.children}
    if kind.id == "list":
        return [_structure(kind.children[0][1])]
    return str(kind)


def _conform(raw: duckdb.DuckDBPyRelation, file: ExportFile) -> duckdb.DuckDBPyRelation:
    types = dict(zip(raw.columns, raw.types, strict=True))
    missing = [name for name in REQUIRED_COLUMNS if name not in types]
    if missing:
        raise ExportError(
            f"{file.address} has no column {' and no '.join(missing)}; a GA4 export has {', '.join(REQUIRED_COLUMNS)}"
        )
    columns = [_column(name, kind, types) for name, kind in EXPORT_COLUMNS.items()]
    source = file.address.replace("'", "''")
    is_json = "line" in types
    content = "CASE WHEN is_parsed THEN line::JSON ELSE to_json(line) END" if is_json else "to_json(export_row)"
    has_extras = is_json or not _is_known(types)
    extras = (
        f"regexp_replace({'line' if is_json else 'to_json(export_row)::VARCHAR'}, '\"[^\"\\\\]*\":null,?', '', 'g')"
    )
    return raw.set_alias("export_row").project(
        ", ".join(
            [
                *columns,
                f"'{source}' AS source_file",
                "row_number",
                "is_parsed",
                f"{content} AS content",
                f"{extras if has_extras else repr('')} AS extras",
            ]
        )
    )


def _column(name: str, kind: str, types: dict[str, Any]) -> str:
    if name not in types:
        return f"NULL::{kind} AS {name}"
    wanted, found = duckdb.sqltype(kind), types[name]
    if found == wanted:
        return name
    nested = {"struct", "list"}
    if wanted.id in nested and found.id != wanted.id:
        return f"NULL::{kind} AS {name}"
    return f"TRY_CAST({name} AS {kind}) AS {name}"


def _is_known(types: dict[str, Any]) -> bool:
    own = {"row_number", "is_parsed"}
    return all(
        name in own or (name in EXPORT_COLUMNS and _fits(kind, duckdb.sqltype(EXPORT_COLUMNS[name])))
        for name, kind in types.items()
    )


def _fits(found: Any, wanted: Any) -> bool:
    if found.id == "list" and wanted.id == "list":
        return _fits(found.children[0][1], wanted.children[0][1])
    if found.id == "struct" and wanted.id == "struct":
        fields = dict(wanted.children)
        return all(name in fields and _fits(child, fields[name]) for name, child in found.children)
    return True
