"""What a night remembers for the next, in the build file."""

import duckdb

from pipelines.warehouse import first_row

AS_OF = "as_of"
HISTORIES = "histories"
COUNTS = "counts"
RECENT = "recent"
EXPORTS = "exports"
HELD = "held"
TIDIED = "tidied"
CURRENCY = "currency"
RATES = "rates"


def recall(connection: duckdb.DuckDBPyConnection, name: str) -> str | None:
    """What was remembered under a name, if anything was."""
    row = first_row(connection, "SELECT value FROM memory WHERE name = ?", [name])
    return None if row is None else str(row[0])


def forget(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Remember nothing under a name."""
    connection.execute("DELETE FROM memory WHERE name = ?", [name])


def remember(connection: duckdb.DuckDBPyConnection, name: str, value: str) -> None:
    """Record a value under a name, in place of the one before, in one statement: a killed run leaves either."""
    connection.execute(
        "MERGE INTO memory USING (SELECT ? AS name, ? AS value) AS new USING (name)"
        " WHEN MATCHED THEN UPDATE SET value = new.value WHEN NOT MATCHED THEN INSERT",
        [name, value],
    )
