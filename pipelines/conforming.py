"""Conforming what was read to today's export: absent fields are null, wrong types are cast, new fields are noticed."""

import json
from functools import cache
from typing import Any

import duckdb

from models.ga4 import EXPORT_COLUMNS, REQUIRED_COLUMNS
from pipelines.exports import ExportError, ExportFile

NESTED = ("struct", "list")
OWN = ("_path", "_row_number", "_is_parsed", "_line")
NULLS = "'\"[^\"\\\\]*\":null,?', '', 'g'"


def conform(raw: duckdb.DuckDBPyRelation, file: ExportFile) -> str:
    """Write the query that gives rows the fields of today's export and says what file and day they come from.

    Args:
        raw: the rows as they stand in one or more files of one shape, with _path, _row_number, _is_parsed and, for
            JSON, the _line itself.
        file: one of these files, for the message.

    Raises:
        ExportError: if a column is missing that every export has.
    """
    types = {name: kind for name, kind in zip(raw.columns, raw.types, strict=True) if name not in OWN}
    missing = [name for name in REQUIRED_COLUMNS if name not in types]
    if missing:
        raise ExportError(
            f"{file.address} has no column {' and no '.join(missing)}; a GA4 export has {', '.join(REQUIRED_COLUMNS)}"
        )
    content, extras = _json_content() if "_line" in raw.columns else _row_content(types)
    columns = ", ".join(_column(name, kind, types) for name, kind in EXPORT_COLUMNS.items())
    return (
        f"SELECT {columns}, export_files.source_file, export_files.export_day, _row_number AS row_number,"
        f" _is_parsed AS is_parsed, {content} AS content, {extras} AS extras"
        f" FROM ({raw.sql_query()}) AS export_row INNER JOIN export_files ON _path = export_files.path"
    )


@cache
def json_structure() -> str:
    """Today's export as the structure that json_transform takes."""
    return json.dumps({name: _structure(duckdb.sqltype(kind)) for name, kind in EXPORT_COLUMNS.items()})


def _json_content() -> tuple[str, str]:
    """A line as it came, a text where it is no JSON; as extras without its nulls, which say nothing."""
    return "CASE WHEN _is_parsed THEN _line::JSON ELSE to_json(_line) END", f"regexp_replace(_line, {NULLS})"


def _row_content(types: dict[str, Any]) -> tuple[str, str]:
    names = ", ".join(f'"{name}" := export_row."{name}"' for name in types)
    content = f"to_json(struct_pack({names}))"
    is_known = all(name in EXPORT_COLUMNS and _fits(kind, _wanted(name)) for name, kind in types.items())
    return content, "''" if is_known else f"regexp_replace({content}::VARCHAR, {NULLS})"


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
