"""Carrying over: a build file that has to be made anew takes what was loaded from the file that it replaces."""

from pathlib import Path

import duckdb

from models.sql import quoted_text
from models.tables import JUDGED_DAYS, LOADED, Column, Table

FORGOTTEN = {"person_id": "NULL", "session_id": "NULL", "read_with": "''"}
"""What is not carried: marks are made anew, and no file counts as read as it would be now."""
EARLIER = {"occurred_on": "event_date", "revenue_as_exported": "revenue", "refund_as_exported": "refund"}
"""What held, in versions without a column, what that column holds."""
NUMBERS = dict.fromkeys(("BIGINT", "INTEGER", "DOUBLE"), "0")
ZEROS = {"VARCHAR": "''", "BOOLEAN": "false", "TIMESTAMP": "'epoch'"} | NUMBERS
"""What a column that is never null holds of rows from before it was there."""


def carry_over(connection: duckdb.DuckDBPyConnection, source: Path) -> None:
    """Take all that was loaded from another build file, or a published one, whichever version made it.

    A night then reads anew what still has files, as it does where reading changed; what has none stays. A column that
    the other file does not have is null, unless EARLIER says otherwise. What stands on events is not carried: the night
    makes it anew.

    Args:
        connection: a build file without a row in it. Nobody uses it until all is carried.
        source: the file to take it from; it is only read.
    """
    connection.execute(f"ATTACH {quoted_text(str(source))} AS replaced (READ_ONLY)")
    connection.execute("SET preserve_insertion_order = false")
    for table in LOADED:
        _carry(connection, table)
    connection.execute("RESET preserve_insertion_order")
    if _types(connection, JUDGED_DAYS, "'replaced'"):
        _carry(connection, JUDGED_DAYS)
    connection.execute("INSERT INTO memory SELECT name, value FROM replaced.memory WHERE name = 'exports'")
    connection.execute("DETACH replaced")
    connection.execute(
        "INSERT INTO unsettled SELECT export_date FROM events UNION SELECT export_day FROM loads"
        " WHERE export_day IS NOT NULL"
    )


def _carry(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    types, there = (_types(connection, table, database) for database in ("current_database()", "'replaced'"))
    values = [_value(column, types[column.name], there.get(column.name)) for column in table.columns]
    connection.execute(f"INSERT INTO {table.name} SELECT {', '.join(values)} FROM replaced.{table.name}")


def _types(connection: duckdb.DuckDBPyConnection, table: Table, database: str) -> dict[str, str]:
    query = f"SELECT column_name, data_type FROM duckdb_columns() WHERE database_name = {database} AND table_name = ?"
    return dict(connection.execute(query, [table.name]).fetchall())


def _value(column: Column, kind: str, there: str | None) -> str:
    """What a column holds of a row that is carried."""
    if column.name in FORGOTTEN:
        return FORGOTTEN[column.name]
    if there is None:
        return EARLIER.get(column.name) or (ZEROS.get(kind, "NULL") if column.required else "NULL")
    return f'"{column.name}"' if there == kind else f'TRY_CAST("{column.name}" AS {kind})'
