"""What a database says, as one number a table: two that say the same row for row have the same numbers."""

from collections.abc import Iterable

import duckdb

from models.tables import TABLES, Table

LEFT_OUT = {"session_id", "journey_id", "touchpoint_id", "content"}
"""Keys, which each side makes its own way, and rejected rows as they came. Local days of instants are left out too."""
OF_JOURNEY = {"stays", "touchpoints", "journey_segments"}
"""Tables of which rows are told apart by a journey: its person and number stand in for its key."""


def answers(connection: duckdb.DuckDBPyConnection, tables: Iterable[str]) -> dict[str, str]:
    """Tell rows and the sum of their hashes for each table, whatever the order of rows.

    Doubles are taken as 32-bit floats, for sums and interpolations may be off in the last bit of 64. Source files are
    taken by name.
    """
    return {name: _answer(connection, TABLES[name]) for name in tables}


def _answer(connection: duckdb.DuckDBPyConnection, table: Table) -> str:
    columns = [column for column in table.columns if column.name not in LEFT_OUT and column.day_of is None]
    told = [_told(column.name, column.type) for column in columns]
    journey = "JOIN journeys AS j USING (journey_id)" if table.name in OF_JOURNEY else ""
    keys = ["j.person_id", "j.journey_number"] if journey else []
    rows = f"SELECT hash({', '.join([*keys, *told])}) AS row_hash FROM {table.name} AS t {journey}"
    count, total = connection.execute(f"SELECT count(*), coalesce(sum(row_hash), 0) FROM ({rows})").fetchall()[0]
    return f"{count} rows, {total}"


def _told(name: str, kind: str) -> str:
    if name == "source_file":
        return "regexp_extract(t.source_file, '[^/]*$')"
    return f't."{name}"::FLOAT' if kind == "DOUBLE" else f't."{name}"'
