"""Conforming what was read to today's export: absent fields are null, wrong types are cast, new fields are noticed."""

import json
from dataclasses import dataclass
from functools import cache
from typing import Any

import duckdb

from models.ga4 import EXPORT_COLUMNS, REQUIRED_COLUMNS
from pipelines.exports import ExportError, ExportFile

NESTED = ("struct", "list")
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


def conform(raw: duckdb.DuckDBPyRelation, file: ExportFile, aside: str, table: str | None = None) -> Conformed:
    """Write the queries that give rows the fields of today's export.

    Args:
        raw: the rows as they stand in one or more files of one shape, with _path, _row_number, _is_parsed and, for
            JSON, the _line itself.
        file: one of these files, for the message.
        aside: the name of the table for those that are wanted whole.
        table: where the rows are kept, if they are.

    Raises:
        ExportError: if a column is missing that every export has.
    """
    types = {name: kind for name, kind in zip(raw.columns, raw.types, strict=True) if name not in OWN}
    missing = [name for name in REQUIRED_COLUMNS if name not in types]
    if missing:
        raise ExportError(
            f"{file.address} has no column {' and no '.join(missing)}; a GA4 export has {', '.join(REQUIRED_COLUMNS)}"
        )
    columns = ", ".join(_column(name, kind, types) for name, kind in EXPORT_COLUMNS.items())
    own = "export_files.source_file, export_files.export_day, _row_number AS row_number"
    own += ", CASE WHEN NOT _is_parsed THEN 'does not parse' END AS fault"
    source = f"FROM {table}" if table else raw.sql_query()
    joined = "AS export_row INNER JOIN export_files ON _path = export_files.path"
    content = _json_content() if "_line" in raw.columns else _row_content(types)
    whole = f"SELECT {columns}, {own}, {content} AS content FROM {aside} {joined}"
    return Conformed(
        rows=f"SELECT {columns}, {own} FROM ({source}) {joined}",
        wanted=f"FROM ({source}) SEMI JOIN export_wanted USING (_path, _row_number)",
        aside=aside,
        whole=f"SELECT *, {_extras(raw)} AS extras FROM ({whole})",
    )


@cache
def json_structure() -> str:
    """Today's export as the structure that json_transform takes."""
    return json.dumps({name: _structure(duckdb.sqltype(kind)) for name, kind in EXPORT_COLUMNS.items()})


def _extras(raw: duckdb.DuckDBPyRelation) -> str:
    """The expression that gives, from content, the fields that today's export does not know, as text.

    What is null is left out and numbers in quotes lose them, so that rows equal in all fields have equal extras,
    whatever columns and format their files have.
    """
    types = zip(raw.columns, raw.types, strict=True)
    if "_line" not in raw.columns and all(_is_known(name, kind) for name, kind in types if name not in OWN):
        return "''"
    return _unknown_fields()


@cache
def _unknown_fields() -> str:
    """Known fields are patched away, in the row and in the entries of its lists; then what is left is tidied."""
    kinds = {name: _wanted(name) for name in EXPORT_COLUMNS}
    parts = [f"json_merge_patch(content, {_patch(kinds)})"]
    lists = {f"$.{name}[*]": kind for name, kind in kinds.items() if kind.id == "list"}
    lists["$.items[*].item_params[*]"] = dict(_wanted("items").child.children)["item_params"]
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
    names = ", ".join(f'"{name}" := export_row."{name}"' for name in types)
    return f"to_json(struct_pack({names}))"


def _is_known(name: str, kind: Any) -> bool:
    return name in EXPORT_COLUMNS and _fits(kind, _wanted(name))


def _wanted(name: str) -> Any:
    return duckdb.sqltype(EXPORT_COLUMNS[name])


def _column(name: str, kind: str, types: dict[str, Any]) -> str:
    if name not in types:
        return f"NULL::{kind} AS {name}"
    wanted, found = _wanted(name), types[name]
    if found == wanted:
        return f"export_row.{name}"
    if wanted.id in NESTED and found.id != wanted.id:
        return f"NULL::{kind} AS {name}"
    return f"TRY_CAST(export_row.{name} AS {kind}) AS {name}"


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
