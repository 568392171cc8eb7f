"""Conforming what was read to today's export: absent fields are null, wrong types are cast, new fields are noticed.

What is nested otherwise than GA4 exports it is read by `pipelines.odd_fields`, or the file is refused.
"""

import json
from dataclasses import dataclass
from functools import cache
from typing import Any

import duckdb

from models.ga4 import EXPORT_COLUMNS, REQUIRED_COLUMNS
from models.sql import quoted_name
from pipelines.exports import ExportError, ExportFile
from pipelines.instants import INSTANT, day_text, microseconds
from pipelines.odd_fields import READ, odd_fields_of_json, read_odd_fields
from pipelines.shapes import is_shaped_like

OWN = ("_path", "_row_number", "_is_parsed", "_line")
EMPTY = (r'"[^"\\\\]*":(?:null|\{\}|\[\]),?', "")
TIDY = (
    (r'([:,\[])"(-?[0-9]+(?:\.[0-9]+)?)"', r"\1\2"),
    *(EMPTY, (r",\}", "}")) * 3,  # a record of nulls becomes an empty one, and so do the records around it
    (r"\[(?:\{\}(?:, ?)?)*\]|^\{\}|[|]", ""),
)


@dataclass(frozen=True)
class Conformed:
    """Queries over files of one shape.

    Args:
        rows: every row with the fields of today's export, its file, day and number.
        wanted: the rows that export_wanted names, just as they stand in the files; it belongs into the table `aside`.
        aside: the name of that table.
        whole: the rows of that table as in `rows`, with content (the row as it came, JSON) and extras (fields of its
            own that are set, as text). Writing a row out costs more than all the rest, and much more for each row
            where few are wanted of many: hence the table.
    """

    rows: str
    wanted: str
    aside: str
    whole: str


@dataclass(frozen=True)
class Raw:
    """Rows as they stand in files of one shape.

    Args:
        relation: with _path, _row_number and _is_parsed; of JSON nothing else but the _line itself.
        is_json: whether it is of lines of JSON.
    """

    relation: duckdb.DuckDBPyRelation
    is_json: bool = False


def conform(connection: duckdb.DuckDBPyConnection, raw: Raw, file: ExportFile, aside: str, cache: str) -> Conformed:
    """Write the queries that give rows the fields of today's export.

    What costs much to read, JSON and fields of odd shapes, is kept in a temporary table.

    Args:
        connection: the one of the files.
        raw: the rows as they stand.
        file: one of these files, for the message.
        aside: the name of the table for those that are wanted whole.
        cache: the name of the table where rows are kept, if they are.

    Raises:
        ExportError: if a column is missing that every export has, or holds what cannot be read.
    """
    relation, is_kept = (_transformed(connection, raw, file, cache), True) if raw.is_json else (raw.relation, False)
    types = _types(relation)
    missing = [name for name in REQUIRED_COLUMNS if name not in types]
    if missing:
        raise ExportError(
            f"{file.address} has no column {' and no '.join(missing)}; a GA4 export has {', '.join(REQUIRED_COLUMNS)}"
        )
    odd = {name: kind for name, kind in types.items() if not raw.is_json and _is_odd(name, kind)}
    if odd:
        relation = read_odd_fields(connection, relation, odd, file, cache)
        is_kept = True
    columns = ", ".join(_column(name, kind, types, relation.columns) for name, kind in EXPORT_COLUMNS.items())
    own = "export_files.source_file, export_files.export_day, _row_number AS row_number"
    own += ", CASE WHEN NOT _is_parsed THEN 'does not parse' END AS fault"
    source = f"FROM {cache}" if is_kept else relation.sql_query()
    joined = "AS export_row INNER JOIN export_files ON _path = export_files.path"
    content = _json_content() if raw.is_json else _row_content(types)
    whole = f"SELECT {columns}, {own}, {content} AS content FROM {aside} {joined}"
    return Conformed(
        rows=f"SELECT {columns}, {own} FROM ({source}) {joined}",
        wanted=f"FROM ({source}) SEMI JOIN export_wanted USING (_path, _row_number)",
        aside=aside,
        whole=f"SELECT *, {_extras(raw, types)} AS extras FROM ({whole})",
    )


def _transformed(
    connection: duckdb.DuckDBPyConnection, raw: Raw, file: ExportFile, cache: str
) -> duckdb.DuckDBPyRelation:
    """Keep rows of JSON with the fields of today's export; those of odd shapes are read again, from the lines."""
    rows = raw.relation.project(
        f"*, CASE WHEN _is_parsed THEN json_transform(_line, '{json_structure()}') END AS export_row"
    )
    flat = rows.project("unnest(export_row), _line, _row_number, _is_parsed, _path")
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {cache} AS {flat.sql_query()}")
    connection.execute(f"DROP TABLE {cache}_rows")
    odd = odd_fields_of_json(connection, cache)
    return read_odd_fields(connection, connection.table(cache), odd, file, cache) if odd else connection.table(cache)


def _types(relation: duckdb.DuckDBPyRelation) -> dict[str, Any]:
    """The types of the columns that stand in the files; DuckDB takes their names in any case."""
    kinds = zip(relation.columns, relation.types, strict=True)
    return {
        (name.lower() if name.lower() in EXPORT_COLUMNS else name): kind
        for name, kind in kinds
        if name not in OWN and not name.startswith(READ)
    }


def _is_odd(name: str, kind: Any) -> bool:
    if name not in EXPORT_COLUMNS or name in INSTANT or kind.id == "null":
        return False
    return not is_shaped_like(kind, wanted_type(name))


@cache
def json_structure() -> str:
    """Today's export as the structure that json_transform takes; instants and days stay as they are written."""
    kinds = {name: "VARCHAR" if name in INSTANT else kind for name, kind in EXPORT_COLUMNS.items()}
    return json.dumps({name: _structure(duckdb.sqltype(kind)) for name, kind in kinds.items()})


def _extras(raw: Raw, types: dict[str, Any]) -> str:
    """The expression that gives, from content, the fields that today's export does not know, as text.

    What is null is left out and numbers in quotes lose them, so that rows equal in all fields have equal extras,
    whatever columns and format their files have.
    """
    if not raw.is_json and all(_is_known(name, kind) for name, kind in types.items()):
        return "''"
    return _unknown_fields()


@cache
def _unknown_fields() -> str:
    """Known fields are patched away, in the row and in the entries of its lists; then what is left is tidied."""
    kinds = {name: wanted_type(name) for name in EXPORT_COLUMNS}
    parts = [f"json_merge_patch(content, {_patch(kinds)})"]
    lists = {f"$.{name}[*]": kind for name, kind in kinds.items() if kind.id == "list"}
    lists["$.items[*].item_params[*]"] = dict(wanted_type("items").child.children)["item_params"]
    for path, kind in lists.items():
        patch = _patch(dict(kind.child.children))
        parts.append(f"list_transform(json_extract(content, '{path}'), lambda entry: json_merge_patch(entry, {patch}))")
    text = f"concat_ws('|', {', '.join(f'({part})::VARCHAR' for part in parts)})"
    for pattern, replacement in TIDY:
        text = f"regexp_replace({text}, '{pattern}', '{replacement}', 'g')"
    return text


def _patch(kinds: dict[str, Any]) -> str:
    """The JSON merge patch that takes these fields away."""
    return f"'{json.dumps(_taken_away(kinds))}'"


def _taken_away(kinds: dict[str, Any]) -> dict[str, Any]:
    return {name: _taken_away(dict(kind.children)) if kind.id == "struct" else None for name, kind in kinds.items()}


def _json_content() -> str:
    """A line as it came, a text where it is no JSON."""
    return "CASE WHEN _is_parsed THEN _line::JSON ELSE to_json(_line) END"


def _row_content(types: dict[str, Any]) -> str:
    names = ", ".join(f"{quoted_name(name)} := export_row.{quoted_name(name)}" for name in types)
    return f"to_json(struct_pack({names}))"


def _is_known(name: str, kind: Any) -> bool:
    return name in EXPORT_COLUMNS and _fits(kind, wanted_type(name))


def wanted_type(name: str) -> Any:
    """The type that a column of today's export has."""
    return duckdb.sqltype(EXPORT_COLUMNS[name])


def _column(name: str, kind: str, types: dict[str, Any], columns: list[str]) -> str:
    if f"{READ}{name}" in columns:
        return f"export_row.{READ}{name} AS {name}"
    if name not in types or types[name].id == "null":
        return f"NULL::{kind} AS {name}"
    if name == "event_timestamp":
        return f"{microseconds('export_row.event_timestamp', types[name])} AS {name}"
    if name == "event_date":
        return f"{day_text('export_row.event_date', types[name])} AS {name}"
    return (
        f"export_row.{name}" if types[name] == wanted_type(name) else f"TRY_CAST(export_row.{name} AS {kind}) AS {name}"
    )


def _fits(found: Any, wanted: Any) -> bool:
    if found.id == wanted.id == "list":
        return _fits(found.children[0][1], wanted.children[0][1])
    if found.id == wanted.id == "struct":
        fields = dict(wanted.children)
        return all(name in fields and _fits(child, fields[name]) for name, child in found.children)
    return True


def _structure(kind: Any) -> Any:
    if kind.id == "struct":
        return {name: _structure(child) for name, child in kind.children}
    if kind.id == "list":
        return [_structure(kind.children[0][1])]
    return str(kind)
