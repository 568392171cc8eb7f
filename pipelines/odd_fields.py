"""Reading the fields of a file that are nested otherwise than GA4 exports them, or refusing it: never half of them."""

import re
from collections.abc import Mapping
from typing import Any

import duckdb

from models.ga4 import EXPORT_COLUMNS
from models.sql import quoted_text, read_sql
from pipelines.exports import ExportError, ExportFile
from pipelines.instants import INSTANT
from pipelines.shapes import child_of, is_json, is_text, read_as
from pipelines.warehouse import first_row

READ = "_read_"
"""What the names of columns begin with that are read anew."""
LEVELS = 3
"""How often text of JSON may stand within text of JSON."""
TYPES_OF_JSON = {"list": "ARRAY", "struct": "OBJECT"}
TIDY_TYPES = {'"NULL"': '"VARCHAR"', '"UBIGINT"': '"BIGINT"', '"HUGEINT"': '"DOUBLE"', '"UHUGEINT"': '"DOUBLE"'}
OF_SCALARS = "['VARCHAR', 'BIGINT', 'UBIGINT', 'DOUBLE', 'BOOLEAN', 'ARRAY']"


def odd_fields_of_json(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, Any]:
    """Find the fields of lines of JSON that json_transform did not read, or not all of.

    Args:
        connection: the one of the table.
        table: rows with the fields of today's export, _line and _is_parsed.

    Returns:
        the names of the fields, each with the type JSON.
    """
    connection.execute(read_sql("loading/shapes"))
    names = [name for name in EXPORT_COLUMNS if name not in INSTANT]
    paths = ", ".join(quoted_text(f"$.{name}") for name in names)
    wanted = {name: duckdb.sqltype(EXPORT_COLUMNS[name]) for name in names}
    tests = [test for place, name in enumerate(names, 1) for test in _tests(f"kinds[{place}]", name, wanted[name])]
    row = first_row(
        connection,
        f"SELECT {', '.join(f'coalesce(bool_or({test}), false)' for test in tests)}"
        f" FROM (SELECT *, json_type(_line, [{paths}]) AS kinds FROM {table} WHERE _is_parsed)",
    )
    found = dict(zip(names, zip(*[iter(row or ())] * 3, strict=True), strict=False))
    odd = [name for name, (is_other, _, _) in found.items() if is_other]
    unread = [
        name for name, (is_other, is_there, is_read) in found.items() if is_there and not is_read and not is_other
    ]
    for name in unread:  # that nothing was read is right where nothing stands in it
        held = f"FROM {table} WHERE holds_something(json_extract(_line, '$.{name}')::VARCHAR) LIMIT 1"
        odd += [name] if first_row(connection, held) else []
    return {name: duckdb.sqltype("JSON") for name in names if name in odd}


def _tests(kind: str, name: str, wanted: Any) -> tuple[str, str, str]:
    """Whether a row holds the field in another shape, holds it in its own, and whether anything of it was read.

    Args:
        kind: the expression for the type of JSON that stands there.
        name: of the field.
        wanted: its type.
    """
    expected = TYPES_OF_JSON.get(wanted.id)
    if expected is None:
        return f"{kind} IN ('ARRAY', 'OBJECT')", "false", "true"
    is_other = f"{kind} NOT IN ('NULL', '{expected}')"
    if wanted.id == "list" and "key" in dict(child_of(wanted).children):
        is_valued = _is_set("p.value", dict(child_of(wanted).children)["value"])
        has_no_value = f"len(list_filter({name}, LAMBDA p: NOT coalesce({is_valued}, false))) > 0"
        in_line = f"list_has_any(json_type(_line, '$.{name}[*].value'), {OF_SCALARS})"
        is_other += f" OR len(list_filter({name}, LAMBDA p: p.key IS NULL)) > 0"
        is_other += f" OR CASE WHEN {has_no_value} THEN {in_line} END"
    return is_other, f"{kind} = '{expected}'", _is_set(name, wanted)


def _is_set(expression: str, kind: Any) -> str:
    """Whether anything is set in a value."""
    if kind.id == "list":
        child = child_of(kind)
        inner = (
            _is_set("p.value", dict(child.children)["value"])
            if "value" in dict(child.children)
            else _is_set("p", child)
        )
        return f"coalesce(len(list_filter({expression}, LAMBDA p: {inner})) > 0, false)"
    if kind.id == "struct":
        scalars = [f"{expression}.{name}::VARCHAR" for name, one in kind.children if one.id not in TYPES_OF_JSON]
        nested = [_is_set(f"{expression}.{name}", one) for name, one in kind.children if one.id == "struct"]
        return " OR ".join([*([f"coalesce({', '.join(scalars)}) IS NOT NULL"] if scalars else []), *nested])
    return f"{expression} IS NOT NULL"


def read_odd_fields(
    connection: duckdb.DuckDBPyConnection,
    relation: duckdb.DuckDBPyRelation,
    odd: Mapping[str, Any],
    file: ExportFile,
    cache: str,
) -> duckdb.DuckDBPyRelation:
    """Keep rows in a temporary table, with each odd field read as today's export has it, in a column of its own.

    Args:
        connection: the one of the files.
        relation: the rows as they stand.
        odd: the fields, each with its type.
        file: one of the files, for the message.
        cache: the name of the table; the relation may read it.

    Raises:
        ExportError: if a field holds something of which nothing can be read.
    """
    connection.execute(read_sql("loading/shapes"))
    of_json = "_line" in relation.columns
    expressions = {name: f"json_extract(_line, '$.{name}')" if of_json else f'"{name}"' for name in odd}
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {cache}_odd AS {relation.sql_query()}")
    for name, kind in odd.items():
        values = f"{cache}_{name}"
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {values}_0 AS SELECT _path, _row_number, {expressions[name]} AS value"
            f" FROM {cache}_odd WHERE value IS NOT NULL"
        )
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {values}"
            f" (_path VARCHAR, _row_number BIGINT, {READ}{name} {EXPORT_COLUMNS[name]})"
        )
        _read_values(connection, values, 0, kind, duckdb.sqltype(EXPORT_COLUMNS[name]))
    joins = " ".join(f"LEFT JOIN {cache}_{name} USING (_path, _row_number)" for name in odd)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {cache} AS SELECT * FROM {cache}_odd {joins}")
    for name, kind in odd.items():
        _check_nothing_lost(connection, cache, name, expressions[name], kind, file)
    return connection.table(cache)


def _read_values(
    connection: duckdb.DuckDBPyConnection, values: str, step: int, found: Any, wanted: Any, level: int = 0
) -> int:
    """Read values of a type as another: from the table of a step into the one of all values that are read.

    Text of JSON and JSON are taken apart first, a step each, for what stands in them has no type of its own.

    Args:
        connection: the one of the tables.
        values: the name of the table of what is read; those of steps have a number behind it.
        step: the number of the table that is read, with _path, _row_number and value.
        found: the type of value there.
        wanted: the type that it is to have.
        level: in how much text of JSON it stood.

    Returns:
        the number of the last step.
    """
    source, is_nested = f"{values}_{step}", wanted.id in TYPES_OF_JSON
    if is_json(found):
        return _read_json(connection, values, step, wanted, level)
    parsed = None
    if is_nested and is_text(found):
        parsed = "TRY_CAST(value AS JSON)"
    elif wanted.id == "list" and found.id == "list" and is_text(child_of(found)):
        parsed = "to_json(list_transform(value, LAMBDA t: TRY_CAST(t AS JSON)))"
    if parsed is None:
        connection.execute(
            f"INSERT INTO {values} SELECT _path, _row_number, {read_as('value', found, wanted)} FROM {source}"
        )
        return step
    if level == LEVELS:
        return step
    _make_step(connection, f"{values}_{step + 1}", source, parsed)
    return _read_json(connection, values, step + 1, wanted, level + 1)


def _read_json(connection: duckdb.DuckDBPyConnection, values: str, step: int, wanted: Any, level: int) -> int:
    """Read values of JSON, those of each form by the structure that all of them have together."""
    source, last = f"{values}_{step}", step
    forms = connection.execute(
        "SELECT form_of(value) AS form, any_value(json_type(value)), json_group_structure(value)::VARCHAR"
        f" FROM {source} WHERE json_type(value) <> 'NULL' GROUP BY form ORDER BY form"
    ).fetchall()
    for form, kind, structure in forms:
        expression, found = "value ->> '$'", duckdb.sqltype("VARCHAR")
        if kind in ("ARRAY", "OBJECT"):
            known = re.sub("|".join(TIDY_TYPES), lambda match: TIDY_TYPES[match[0]], structure)
            expression = f"json_transform(value, {quoted_text(known)})"
            found = connection.sql(f"SELECT json_transform('{{}}', {quoted_text(known)})").types[0]
        if not is_json(found):  # as an object without fields is
            _make_step(connection, f"{values}_{last + 1}", source, expression, f"form_of(value) = {quoted_text(form)}")
            last = _read_values(connection, values, last + 1, found, wanted, level)
    return last


def _make_step(
    connection: duckdb.DuckDBPyConnection, table: str, source: str, expression: str, condition: str = "true"
) -> None:
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT _path, _row_number, {expression} AS value"
        f" FROM (FROM {source} WHERE {condition}) AS step (_path, _row_number, value) WHERE ({expression}) IS NOT NULL"
    )


def _check_nothing_lost(
    connection: duckdb.DuckDBPyConnection, cache: str, name: str, e: str, kind: Any, file: ExportFile
) -> None:
    """See that of every value that holds something, something was read.

    Raises:
        ExportError: if not; it says what stands there.
    """
    words = f"{e}::VARCHAR" if is_text(kind) else f"replace(to_json({e}) ->> '$', '\\\"', '\"')"
    lost = first_row(
        connection,
        f"SELECT _row_number, source_file, {words} FROM {cache} INNER JOIN export_files ON _path = path"
        f" WHERE coalesce(holds_something({words}), false)"
        f" AND NOT coalesce(holds_something(to_json({READ}{name})::VARCHAR), false) ORDER BY ALL LIMIT 1",
    )
    if lost:
        number, address, value = lost
        raise ExportError(
            f"{address} has {name} as {_shortened(str(kind), 60)}, of which nothing can be read: row {number} holds"
            f" {_shortened(value, 100)}",
            "export it as BigQuery does, or leave the file out with --keep-going",
        )


def _shortened(words: str, length: int) -> str:
    line = " ".join(words.split())
    return line if len(line) <= length else f"{line[:length]}..."
