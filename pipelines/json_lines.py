"""Reading files of newline-delimited JSON: one row per object, whatever ends its line and whatever stands around it.

The lines are cut here and not by DuckDB's CSV reader, which stops at a single carriage return and passes over long
lines; DuckDB then parses them.
"""

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import duckdb
import pyarrow as pa

from pipelines.listing import GZIP, ZSTD
from pipelines.warehouse import first_row

CHUNK = 16 * 1024 * 1024
MAX_LINE = 128 * 1024 * 1024
"""Bytes of the longest line that is parsed; BigQuery writes rows of up to 100 MB."""
KEPT_OF_LONGER = 1024 * 1024
UTF8_MARK, UTF16_MARKS = b"\xef\xbb\xbf", (b"\xff\xfe", b"\xfe\xff")
LEAVE_OUT = "or leave it out with --keep-going"
BLANKS = b" \t\r\n"
OBJECT = "coalesce(json_type(TRY_CAST({} AS JSON)) = 'OBJECT', false)"
PIECES = f"""
    WITH odd AS (
        SELECT _row_number, _line, regexp_replace(_line, '^[\\s,\\[]+|[\\s,\\]]+$', '', 'g') AS bare
        FROM {{lines}} WHERE NOT _is_parsed
    ),

    cut AS (
        SELECT
            _row_number, _line, bare,
            CASE WHEN json_type(TRY_CAST(_line AS JSON)) = 'ARRAY' THEN json_extract(_line::JSON, '$[*]')::VARCHAR[] END
                AS elements,
            list_filter(
                list_transform(string_split(bare, chr(13)), LAMBDA p: regexp_replace(p, '^[\\s,]+|[\\s,]+$', '', 'g')),
                LAMBDA p: p <> ''
            ) AS pieces
        FROM odd
    )

    SELECT
        _row_number,
        CASE
            WHEN len(elements) = 0 THEN []
            WHEN list_bool_or(list_transform(elements, LAMBDA p: {OBJECT.format("p")})) THEN elements
            WHEN {{is_array}} AND bare = '' THEN []
            WHEN {OBJECT.format("bare")} THEN [bare]
            WHEN len(pieces) > 1 AND list_bool_and(list_transform(pieces, LAMBDA p: {OBJECT.format("p")})) THEN pieces
            ELSE [_line]
        END AS pieces
    FROM cut
"""
"""What lines hold that are no object: elements of an array, objects with carriage returns between them, or neither."""


@dataclass
class Lines:
    """What the lines of a file looked like while they were read.

    Args:
        count: lines that are not blank.
        start: how the first of them begins.
        last: the last sign that is not blank.
        is_ended: whether the last line has an end.
    """

    count: int = 0
    start: bytes = b""
    last: bytes = b""
    is_ended: bool = True

    @property
    def is_array(self) -> bool:
        """Whether the file is an array, or begins with one."""
        return self.start.startswith(b"[")


class FormatError(OSError):
    """A file that is whole, but not of the format that it should be.

    Args:
        fault: what is wrong.
        advice: what to do about it.
    """

    def __init__(self, fault: str, advice: str) -> None:
        super().__init__(fault)
        self.advice = advice


def open_bytes(path: Path) -> IO[bytes]:
    """Open a file that may be compressed with gzip or Zstandard, by its first bytes, whatever its name says."""
    with path.open("rb") as stream:
        head = stream.read(4)
    if head.startswith(GZIP):
        return gzip.open(path)  # type: ignore[return-value]
    if head == ZSTD:
        return pa.CompressedInputStream(pa.OSFile(str(path)), "zstd")  # type: ignore[no-any-return]
    return path.open("rb")


def read_rows(connection: duckdb.DuckDBPyConnection, path: Path, table: str) -> int:
    """Write the rows of a file into a temporary table: _row_number (from 1), _line and _is_parsed.

    Rows are the lines that are not blank. An array of objects is read as its elements, one to a line or all on one; so
    are objects that a carriage return parts. Rows are then numbered in their order, where a line holds several.

    Returns:
        how many rows there are, by the count of the lines, not of the table.

    Raises:
        FormatError: if the file holds no text of JSON objects.
        OSError: if it was cut off.
    """
    seen = Lines()
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {table} (_row_number BIGINT, _line VARCHAR, _is_parsed BOOLEAN)")
    with _reading(path) as stream:
        for batch in _batches(stream, seen):
            connection.register("lines_batch", batch)
            connection.execute(f"INSERT INTO {table} SELECT *, {OBJECT.format('_line')} FROM lines_batch")
            connection.unregister("lines_batch")
    rows = seen.count + _cut_odd_lines(connection, table, seen)
    _check_parsed(connection, table, seen)
    return rows


def _cut_odd_lines(connection: duckdb.DuckDBPyConnection, table: str, seen: Lines) -> int:
    """Put the rows of lines that hold none or several in their place; how many more rows than lines that makes."""
    if first_row(connection, f"FROM {table} WHERE NOT _is_parsed LIMIT 1") is None:
        return 0
    query = PIECES.format(lines=table, is_array=str(seen.is_array).lower())
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {table}_pieces AS {query}")
    more, is_many = first_row(
        connection, f"SELECT sum(len(pieces) - 1)::BIGINT, max(len(pieces)) > 1 FROM {table}_pieces"
    ) or (0, False)
    number = "row_number() OVER (ORDER BY _row_number, place)" if is_many else "_row_number"
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE {table} AS
        WITH pieces AS (
            SELECT _row_number, unnest(pieces) AS _line, generate_subscripts(pieces, 1) AS place FROM {table}_pieces
        )

        SELECT {number} AS _row_number, _line, _is_parsed
        FROM (
            SELECT _row_number, _line, true AS _is_parsed, 1 AS place FROM {table} WHERE _is_parsed
            UNION ALL
            SELECT _row_number, _line, {OBJECT.format("_line")}, place FROM pieces
        )
        """
    )
    connection.execute(f"DROP TABLE {table}_pieces")
    return int(more)


@contextmanager
def _reading(path: Path) -> Iterator[IO[bytes]]:
    """Open a file for reading; what a broken compression raises becomes an OSError."""
    try:
        with open_bytes(path) as stream:
            yield stream
    except (pa.ArrowInvalid, gzip.zlib.error) as error:  # type: ignore[attr-defined]
        raise OSError(f"its compression is broken: {error}") from error


def _batches(stream: IO[bytes], seen: Lines) -> Iterator[pa.Table]:
    """Cut a stream into batches of numbered lines, blank ones left out."""
    number, rest, dropped = 0, bytearray(), 0
    is_first = True
    while chunk := stream.read(CHUNK):
        if is_first:
            chunk, is_first = _without_mark(bytes(chunk)), False
        *lines, tail = bytes(chunk).split(b"\n")
        if lines:
            lines[0] = _longest(bytes(rest) + lines[0], dropped)
            yield _numbered(lines, number, seen)
            number, rest, dropped = number + len(lines), bytearray(), 0
        # Of a line that is too long to be parsed only the beginning is kept.
        if len(rest) > MAX_LINE:
            dropped += len(tail)
        else:
            rest += tail
    if rest:
        seen.is_ended = dropped > 0  # one that is too long is no row, however it ends
        yield _numbered([_longest(bytes(rest), dropped)], number, seen)


def _without_mark(chunk: bytes) -> bytes:
    if chunk.startswith(UTF16_MARKS) or chunk[:4].count(b"\x00") >= 2:
        raise FormatError(
            "it is UTF-16", "convert it with `iconv -f UTF-16 -t UTF-8`, or leave it out with --keep-going"
        )
    return chunk.removeprefix(UTF8_MARK)


def _longest(line: bytes, dropped: int) -> bytes:
    """A line, cut where it is too long: what is left is no JSON, so that the row does not parse."""
    size = len(line) + dropped
    return line if size <= MAX_LINE else line[:KEPT_OF_LONGER] + f"... ({size:,} bytes)".encode()


def _numbered(lines: list[bytes], number: int, seen: Lines) -> pa.Table:
    """Number lines that are not blank, as text, and note what they look like."""
    kept = [(place, line) for place, line in enumerate(lines, number + 1) if line.strip(BLANKS)]
    if kept:
        seen.start = seen.start or kept[0][1].strip(BLANKS)[:20]
        seen.last = kept[-1][1].strip(BLANKS)[-1:]
        seen.count += len(kept)
    return pa.table({"_row_number": [place for place, _ in kept], "_line": _texts([line for _, line in kept])})


def _texts(lines: list[bytes]) -> pa.Array:
    r"""Lines as text; where one is no UTF-8, its bytes become escapes such as \xff, which no JSON has."""
    if not any(b"\x00" in line for line in lines):
        try:
            return pa.array(lines, pa.binary()).cast(pa.string())
        except pa.ArrowInvalid:
            pass
    return pa.array(line.decode("utf-8", "backslashreplace").replace("\x00", r"\x00") for line in lines)


def _check_parsed(connection: duckdb.DuckDBPyConnection, table: str, seen: Lines) -> None:
    """See that a file is whole, and of the kind that its name says.

    Raises:
        FormatError: if there are rows, and none of them is an object.
        OSError: if it ends within a line or within an array.
    """
    rows, parsed, is_last_parsed = first_row(
        connection,
        f"SELECT count(*), count(*) FILTER (_is_parsed), arg_max(_is_parsed, _row_number) FROM {table}",
    ) or (0, 0, None)
    if rows and not parsed:
        raise _no_objects(seen)
    if seen.is_array and seen.last != b"]":
        raise OSError("its array has no end")
    if not seen.is_ended and is_last_parsed is False:
        raise OSError("its last line is cut off")


def _no_objects(seen: Lines) -> FormatError:
    fault = "no line of it is a JSON object"
    if seen.start[:1] in (b"{", b"["):
        program = "jq -c '.[]'" if seen.is_array else "jq -c ."
        return FormatError(fault, f"write one object a line, as `{program}` does, {LEAVE_OUT}")
    begins = seen.start.decode("utf-8", "replace")
    return FormatError(
        f"{fault}; it begins with {begins!r}", "name it as what it is, or leave it out with --keep-going"
    )
