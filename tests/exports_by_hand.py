"""Tiny GA4 exports made by hand: rows as plain records, written as BigQuery writes them, loaded as a night does."""

import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import cache, cached_property
from itertools import count
from pathlib import Path
from typing import Any

import duckdb
import fastavro
import pyarrow as pa
import pyarrow.parquet as pq

from models.ga4 import EXPORT_COLUMNS
from models.settings import Settings
from pipelines.days import Loaded, find_days
from pipelines.ingesting import ingest
from tests.shops import open_new_build

Row = dict[str, Any]

DAY = "events_20210101.parquet"
MIDNIGHT = 1_609_459_200_000_000  # 2021-01-01T00:00:00Z, microseconds
SECOND = 1_000_000
HOUR = 3600 * SECOND


def row(at: int | None = 0, name: str | None = "page_view", who: str | None = "ana", /, **more: Any) -> Row:
    """An export row: seconds after midnight of 1 January 2021, event and device; other fields as they are called."""
    at = None if at is None else MIDNIGHT + at * SECOND
    return {"event_date": "20210101", "event_timestamp": at, "event_name": name, "user_pseudo_id": who} | more


def params(**values: Any) -> list[Row]:
    """Params of an event, each under the type that its value has; None is a key with a null value."""
    return [{"key": key, "value": _value(value)} for key, value in values.items()]


def _value(value: Any) -> Row:
    kinds = {str: "string_value", int: "int_value", float: "double_value"}
    empty: Row = dict.fromkeys(("string_value", "int_value", "float_value", "double_value"))
    return empty if value is None else empty | {kinds[type(value)]: value}


@cache
def ga4_types() -> dict[str, pa.DataType]:
    """The published types of the export's columns."""
    columns = ", ".join(f"CAST(NULL AS {kind}) AS {name}" for name, kind in EXPORT_COLUMNS.items())
    schema = duckdb.sql(f"SELECT {columns}").to_arrow_table().schema
    return {field.name: field.type for field in schema}


def table(rows: Sequence[Row], types: Mapping[str, pa.DataType] | None = None) -> pa.Table:
    """Rows with the columns that they name: of the published types, those given, else what the values look like."""
    known = ga4_types() | (types or {})
    names = dict.fromkeys(name for row in rows for name in row)
    columns = {name: pa.array([row.get(name) for row in rows], known.get(name)) for name in names}
    return pa.table(columns)


def write(path: Path, rows: Sequence[Row], types: Mapping[str, pa.DataType] | None = None, codec: str = "null") -> Path:
    """Write one file in the format of its name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    name = path.name.lower()
    if name.endswith(".avro"):
        with path.open("wb") as stream:
            fastavro.writer(stream, avro_schema(table(rows, types).schema), rows, codec=codec)
    elif "json" in name:
        text = "".join(f"{json_line(one)}\n" for one in rows)
        path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    else:
        pq.write_table(table(rows, types), path)
    return path


def json_line(one: Row) -> str:
    """A row as BigQuery writes it: integers as text, nothing where there is null."""
    return json.dumps(_plain(one), ensure_ascii=False)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(child) for key, child in value.items() if child is not None}
    if isinstance(value, list):
        return [_plain(child) for child in value]
    if isinstance(value, float) and value != value:
        return "NaN"
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def avro_schema(schema: pa.Schema) -> Any:
    """The Avro schema of a table as BigQuery extracts it: nullable fields, repeated records, names of their own."""
    names = (f"r{number}" for number in count())
    return {"type": "record", "name": "Root", "fields": [_avro_field(field, names) for field in schema]}


def _avro_field(field: pa.Field, names: Iterator[str]) -> Row:
    default = {"default": []} if pa.types.is_list(field.type) else {}
    return {"name": field.name, "type": _avro_type(field.type, names)} | default


def _avro_type(kind: pa.DataType, names: Iterator[str]) -> Any:
    if pa.types.is_list(kind):
        return {"type": "array", "items": _avro_type(kind.value_type, names)[-1]}
    if pa.types.is_struct(kind):
        fields = [_avro_field(field, names) for field in kind]
        return ["null", {"type": "record", "name": next(names), "fields": fields}]
    plain = {pa.string(): "string", pa.int64(): "long", pa.float64(): "double", pa.bool_(): "boolean"}
    return ["null", plain[kind]]


class Build:
    """A build file in a folder of its own, held open, and the exports that are loaded into it."""

    def __init__(self, folder: Path, **choices: Any) -> None:
        self.exports = folder / "exports"
        self.exports.mkdir(parents=True, exist_ok=True)
        self.choices = {"exports": str(self.exports), "database": folder / "made" / "sojourn.duckdb"} | choices
        self._open = ExitStack()

    @property
    def settings(self) -> Settings:
        return Settings(**self.choices)

    @cached_property
    def connection(self) -> duckdb.DuckDBPyConnection:
        return self._open.enter_context(open_new_build(self.settings))

    def close(self) -> None:
        self._open.close()
        self.__dict__.pop("connection", None)

    def write(self, name: str, *rows: Row, types: Mapping[str, pa.DataType] | None = None, codec: str = "null") -> Path:
        """Write one file of the exports."""
        return write(self.exports / name, rows, types, codec)

    def feed(self, name: str, *lines: str, header: str = "occurred_at,user_id,event_name", **how: Any) -> Path:
        """Write one CSV file of the feeds: a line a row, after the header; from then on the feeds are loaded too."""
        self.choices["feeds"] = (str(self.exports.parent / "feeds"),)
        path = self.exports.parent / "feeds" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("".join(f"{line}\n" for line in (header, *lines)), **({"encoding": "utf-8"} | how))
        return path

    def load(self, *rows: Row, **choices: Any) -> Loaded:
        """Load the exports as `sojourn run` does; rows given are the first day's only file."""
        if rows:
            self.write(DAY, *rows)
        self.choices |= choices
        return ingest(self.connection, find_days(self.settings), self.settings)

    def hold(self, count: int) -> None:
        """Have so many events in the file instead of those it had: for what becomes of files, whatever is in them."""
        self.connection.execute("DELETE FROM events")
        self.connection.execute(
            "INSERT INTO events (event_id, event_name, occurred_at) SELECT range, 'page_view', make_timestamp(range)"
            f" FROM range({count})"
        )

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """All rows of a query; times are UTC."""
        return self.connection.execute(query).fetchall()

    def column(self, expression: str, source: str = "events", order: str = "occurred_at") -> list[Any]:
        """One column of a table, in an order."""
        return [one for (one,) in self.ask(f"SELECT {expression} FROM {source} ORDER BY {order}")]

    def counts(self) -> dict[str, tuple[int, ...]]:
        """Of each file: rows read, events, duplicates, quarantined, excluded."""
        rows = self.ask(
            "SELECT source_file, rows_read, events, duplicates, quarantined, excluded FROM loads ORDER BY ALL"
        )
        return {Path(file).name: tuple(counts) for file, *counts in rows}

    def events(self) -> list[tuple[Any, ...]]:
        """Everything in events but the file it came from, in key order."""
        return self.ask("SELECT * EXCLUDE (source_file) FROM events ORDER BY event_id, export_date")
