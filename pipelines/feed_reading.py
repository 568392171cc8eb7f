"""Reading feeds: CSV and Parquet files of offline contacts and surveys, as rows with all fields of an export."""

import codecs
import csv
import io
from collections import defaultdict
from collections.abc import Sequence
from glob import escape
from itertools import groupby
from pathlib import Path
from typing import IO, Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.csv as pc

from models.sql import quoted_name
from pipelines.conforming import Conformed
from pipelines.exports import ExportError, ExportFile
from pipelines.feed_conforming import OWN, PEOPLE, REQUIRED, Shape, conform_feed
from pipelines.json_lines import open_bytes
from pipelines.reading import READING_ERRORS, LocalFile, list_files, present, unreadable

DELIMITERS = ",;\t"
BLOCK = 8 * 1024 * 1024
"""Bytes that are parsed at once, and so of the longest row."""


def open_feeds(connection: duckdb.DuckDBPyConnection, files: Sequence[LocalFile]) -> list[Conformed]:
    """Open files of feeds as the temporary view export_rows, as `open_rows` opens those of exports.

    The day of a row is the local day on which it happened. CSV is kept in a temporary table.

    Returns:
        the queries over the files, for `set_aside`.

    Raises:
        ExportError: if one is not a whole file of its format, or its columns are not those of a feed.
    """
    list_files(connection, files)
    groups: defaultdict[Shape, list[LocalFile]] = defaultdict(list)
    for file in files:
        groups[_shape(connection, file)].append(file)
    opened = [_open(connection, shape, group, number) for number, (shape, group) in enumerate(groups.items())]
    present(connection, opened)
    return opened


def _shape(connection: duckdb.DuckDBPyConnection, file: LocalFile) -> Shape:
    try:
        if file.file.format == "csv":
            shape = _shape_of_csv(file.path)
        else:
            relation = connection.read_parquet(escape(str(file.path)))
            shape = Shape(tuple(zip(relation.columns, map(str, relation.types), strict=True)))
    except (*READING_ERRORS, ValueError) as error:
        raise unreadable(file.file, error) from error
    _check_columns(file.file, [name for name, _ in shape.columns])
    return shape


def _check_columns(file: ExportFile, names: Sequence[str]) -> None:
    """See that the header is one of a feed.

    Raises:
        ExportError: if a column is missing, has no name, or is there twice.
    """
    expected = f"a feed has {', '.join(REQUIRED)}, and user_id or user_pseudo_id; any others are params"
    missing = [f"no {name}" for name in REQUIRED if name not in names]
    if not any(name in names for name in PEOPLE):
        missing.append("neither user_id nor user_pseudo_id")
    if missing:
        raise ExportError(f"{file.address} has {', '.join(missing)} among its columns {', '.join(names)}; {expected}")
    lowered = sorted([*OWN, *(name.strip().lower() for name in names)])
    twice = [name for name, same in groupby(lowered) if len(list(same)) > 1]
    if "" in lowered:
        raise ExportError(f"{file.address} has a column without a name; name it, or take it out")
    if twice:
        raise ExportError(f"{file.address} has column {twice[0]} twice, or needs another name for it")


def _shape_of_csv(path: Path) -> Shape:
    """Read the header; the delimiter is the sign of DELIMITERS that it has most of."""
    encoding = "utf-8" if _is_utf8(path) else "windows-1252"
    with_mark = "utf-8-sig" if encoding == "utf-8" else encoding
    with open_bytes(path) as stream, io.TextIOWrapper(stream, with_mark, newline="") as text:
        head = text.readline()
    delimiter = max(DELIMITERS, key=head.count)
    names = next(csv.reader([head], delimiter=delimiter), [])
    return Shape(tuple((name, "VARCHAR") for name in names), delimiter, encoding)


def _is_utf8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    with open_bytes(path) as stream:
        try:
            while chunk := stream.read(1 << 20):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _open(connection: duckdb.DuckDBPyConnection, shape: Shape, group: Sequence[LocalFile], number: int) -> Conformed:
    if not shape.delimiter:
        paths = [escape(str(file.path)) for file in group]
        raw = connection.read_parquet(paths, file_row_number=True, filename=True, binary_as_string=True)
        source = raw.project(
            "* EXCLUDE (file_row_number, filename), filename AS _path, file_row_number + 1 AS _row_number,"
            " NULL::VARCHAR AS _line"
        ).sql_query()
        return conform_feed(shape, source, f"export_aside_{number}")
    cache = f"export_cache_{number}"
    columns = ", ".join(f"{quoted_name(name)} {kind}" for name, kind in shape.columns)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {cache} ({columns}, _path VARCHAR, _row_number BIGINT, _line VARCHAR)"
    )
    for file in group:
        try:
            _read_csv(connection, cache, file.path, shape)
        except (*READING_ERRORS, ValueError) as error:
            raise unreadable(file.file, error) from error
    return conform_feed(shape, f"FROM {cache}", f"export_aside_{number}")


def _read_csv(connection: duckdb.DuckDBPyConnection, cache: str, path: Path, shape: Shape) -> None:
    """Put the rows of a CSV file into a table; those with other than the header's number of cells as their line.

    Rows are numbered from 1 after the header; blank lines are none.

    Raises:
        OSError: if the file ends within a quoted cell, or within a row without an end: it was cut off on its way.
    """
    faulty: list[pc.InvalidRow] = []

    def set_aside(row: pc.InvalidRow) -> str:
        faulty.append(row)
        return "skip"

    names = [name for name, _ in shape.columns]
    last, tail = 0, ""
    with open_bytes(path) as stream:
        reader = pc.open_csv(
            stream,
            pc.ReadOptions(use_threads=False, block_size=BLOCK, encoding=shape.encoding),
            pc.ParseOptions(delimiter=shape.delimiter, newlines_in_values=True, invalid_row_handler=set_aside),
            pc.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False),
        )
        for batch in reader:
            numbers = _numbers(last, batch.num_rows, faulty)
            last, tail = int(numbers[-1]), str(batch.column(batch.num_columns - 1)[-1])
            rows = pa.Table.from_batches([batch]).append_column("_row_number", pa.array(numbers))
            connection.register("feed_batch", rows)
            connection.execute(f"INSERT INTO {cache} BY NAME SELECT *, ? AS _path FROM feed_batch", [str(path)])
            connection.unregister("feed_batch")
    lines = {"_row_number": [row.number - 1 for row in faulty], "_line": [row.text for row in faulty]}
    connection.register("feed_batch", pa.table(lines, pa.schema({"_row_number": pa.int64(), "_line": pa.string()})))
    connection.execute(f"INSERT INTO {cache} BY NAME SELECT *, ? AS _path FROM feed_batch", [str(path)])
    connection.unregister("feed_batch")
    is_last_faulty = bool(faulty) and faulty[-1].number - 1 > last
    _check_end(path, faulty[-1].text if is_last_faulty else tail, is_last_faulty)


def _numbers(last: int, count: int, faulty: Sequence[pc.InvalidRow]) -> Any:
    """The numbers of the next rows, those of faulty rows passed over."""
    taken = [row.number - 1 for row in faulty]
    return np.setdiff1d(np.arange(last + 1, last + 1 + count + len(taken)), taken)[:count]


def _check_end(path: Path, tail: str, is_faulty: bool) -> None:
    with open_bytes(path) as stream:
        end = _last_bytes(stream)
    if "\n" in tail and not end.rstrip().endswith(b'"'):
        raise OSError("a quoted cell has no end")
    if is_faulty and not end.endswith((b"\n", b"\r")):
        raise OSError("its last row is cut off")


def _last_bytes(stream: IO[bytes]) -> bytes:
    end = b""
    while chunk := stream.read(1 << 20):
        end = (end + chunk)[-16:]
    return end
