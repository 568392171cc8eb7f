"""Conforming feeds to an export: columns that mean something of their own are named, all others become params."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from models.ga4 import EXPORT_COLUMNS
from models.sql import quoted_name, quoted_text, read_sql
from pipelines.conforming import Conformed

REQUIRED = ("occurred_at", "event_name")
PEOPLE = ("user_id", "user_pseudo_id")
NUMBERS = ("revenue", "refund", "score")
OWN = ("_path", "_row_number", "_line")
KNOWN = (*REQUIRED, *PEOPLE, "revenue", "refund", "stream_id")
"""The columns of a feed that mean something of their own; all others are params, and so is score."""


@dataclass(frozen=True)
class Shape:
    """What files of a feed have in common that are read together.

    Args:
        columns: their names with their DuckDB types, in order.
        delimiter: of a CSV file; none of a Parquet file.
        encoding: of a CSV file: utf-8, or windows-1252 where it is no UTF-8.
    """

    columns: tuple[tuple[str, str], ...]
    delimiter: str = ""
    encoding: str = ""


def conform_feed(shape: Shape, source: str, aside: str) -> Conformed:
    """Write the queries that give the rows of a feed the fields of an export.

    Args:
        shape: what the files have in common.
        source: selects their rows as they stand, with _path, _row_number and, of a row that does not parse, its _line.
        aside: the name of the table for those that are wanted whole.
    """
    contents = (
        f"SELECT export_files.source_file, _row_number AS row_number, {_content(shape)} AS content"
        f" FROM {aside} AS feed_row INNER JOIN export_files ON _path = export_files.path"
    )
    rows = _rows(shape, f"FROM {aside}")
    return Conformed(
        rows=f"FROM ({_rows(shape, source)})",
        wanted=f"FROM ({source}) SEMI JOIN export_wanted USING (_path, _row_number)",
        aside=aside,
        whole=f"SELECT *, '' AS extras FROM ({rows}) INNER JOIN ({contents}) USING (source_file, row_number)",
    )


def _rows(shape: Shape, source: str) -> str:
    given = {
        "event_timestamp": "event_timestamp",
        "event_name": "_name",
        "user_id": "_user",
        "user_pseudo_id": "user_pseudo_id",
        "event_params": "_params",
        "ecommerce": "money",
        "session_traffic_source_last_click": "traffic",
        "stream_id": "_stream",
    }
    columns = ", ".join(f"{given.get(name, 'NULL')}::{kind} AS {name}" for name, kind in EXPORT_COLUMNS.items())
    parts = {"columns": columns, "cells": _cells(shape), "source": source}
    return re.sub(r"\{(columns|cells|source)\}", lambda name: parts[name[1]], read_sql("loading/feed_rows"))


def _cells(shape: Shape) -> str:
    """What the columns of a feed say, one expression for each thing that a row may tell."""
    kinds = dict(shape.columns)
    sign = "," if shape.delimiter == ";" else "."
    texts = {name: _text(name, kind) for name, kind in kinds.items()}
    numbers = {name: _number(name, kinds[name], sign) for name in NUMBERS if name in kinds}
    is_read = [f"({texts[name]} IS NULL OR {number} IS NOT NULL)" for name, number in numbers.items()]
    cells = {
        "_at": _instant(kinds["occurred_at"]),
        "_name": texts["event_name"],
        "_user": texts.get("user_id", "NULL::VARCHAR"),
        "_device": texts.get("user_pseudo_id", "NULL::VARCHAR"),
        "_stream": texts.get("stream_id", "NULL::VARCHAR"),
        "_revenue": numbers.get("revenue", "NULL::DOUBLE"),
        "_refund": numbers.get("refund", "NULL::DOUBLE"),
        "_is_read": " AND ".join(is_read) or "true",
        "_params": _params(kinds, numbers),
    }
    return ", ".join(f"{expression} AS {name}" for name, expression in cells.items())


def _params(kinds: dict[str, str], numbers: dict[str, str]) -> str:
    """All other columns as params, in the order of their names; a blank cell is none.

    Lists of cells are made into params as wholes: planning an expression for each of a thousand columns takes a minute.
    """
    names = [name for name in sorted(kinds) if name not in KNOWN]
    if not names:
        return "NULL"
    wholes = {name: f"TRY_CAST(feed_row.{quoted_name(name)} AS BIGINT)" for name in names if _is_whole(kinds[name])}
    fractions = {name: f"money(feed_row.{quoted_name(name)}::DOUBLE)" for name in names if _is_fraction(kinds[name])}
    numeric = fractions | wholes | numbers
    plain = [name for name in names if name not in numeric and kinds[name] == "VARCHAR"]
    others = {name: _text(name, kinds[name]) for name in names if name not in numeric and name not in plain}
    texts = others | {name: f"feed_row.{quoted_name(name)}" for name in plain}
    cells = f"{_list([texts.get(name, 'NULL') for name in names])}::VARCHAR[]"
    columns = (
        f"{_list([quoted_text(name) for name in names])}::VARCHAR[]",
        f"list_transform({cells}, LAMBDA cell: nullif(trim(cell), ''))",
        f"{_list([wholes.get(name, 'NULL') if name not in numbers else 'NULL' for name in names])}::BIGINT[]",
        f"{_list([(fractions | numbers).get(name, 'NULL') for name in names])}::DOUBLE[]",
    )
    param = (
        "{'key': p[1], 'value': CASE WHEN coalesce(p[2], p[3]::VARCHAR, p[4]::VARCHAR) IS NOT NULL THEN"
        " {'string_value': p[2], 'int_value': p[3], 'float_value': NULL::DOUBLE, 'double_value': p[4]} END}"
    )
    params = f"list_transform(list_zip({', '.join(columns)}), LAMBDA p: {param})"
    return f'list_filter({params}, LAMBDA p: p."value" IS NOT NULL)'


def _list(parts: Sequence[str]) -> str:
    return f"[{', '.join(parts)}]"


def _text(name: str, kind: str) -> str:
    """A cell as text, null where it is blank; a whole number that is stored as a fraction reads as a whole one."""
    cell = f"feed_row.{quoted_name(name)}"
    if _is_fraction(kind):
        return f"CASE WHEN {cell} = trunc({cell}) THEN TRY_CAST({cell} AS HUGEINT)::VARCHAR ELSE {cell}::VARCHAR END"
    if kind.endswith("]") or kind.startswith(("STRUCT", "MAP")):
        return f"to_json({cell})::VARCHAR"
    return f"nullif(trim({cell}::VARCHAR), '')"


def _number(name: str, kind: str, sign: str) -> str:
    if _is_whole(kind) or _is_fraction(kind):
        return f"money(feed_row.{quoted_name(name)}::DOUBLE)"
    return f"number_in({_text(name, kind)}, '{sign}')"


def _instant(kind: str) -> str:
    cell = "feed_row.occurred_at"
    if kind in ("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ_NS"):
        return f"{cell}::TIMESTAMPTZ"
    if kind.startswith("TIMESTAMP"):
        return f"timezone(getvariable('feed_timezone'), {cell}::TIMESTAMP)"
    return f"instant_of({_text('occurred_at', kind)})"


def _content(shape: Shape) -> str:
    names = ", ".join(f"{quoted_name(name)} := feed_row.{quoted_name(name)}" for name, _ in shape.columns)
    return f"CASE WHEN _line IS NULL THEN to_json(struct_pack({names})) ELSE to_json(_line) END"


def _is_whole(kind: str) -> bool:
    return kind.removeprefix("U") in ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")


def _is_fraction(kind: str) -> bool:
    return kind in ("FLOAT", "DOUBLE") or kind.startswith("DECIMAL")
