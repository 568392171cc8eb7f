"""What is stale: the people and journeys that changed since they were last counted, checked and published."""

import duckdb

from models.tables import STALE_JOURNEYS, STALE_PEOPLE, Table
from pipelines.touched import People


def note_stale(connection: duckdb.DuckDBPyConnection, people: People) -> None:
    """Put down the people who are rebuilt, and their journeys as the tables hold them now, listed or not.

    To be called before they are forgotten and after they are rebuilt, each time in the transaction that changes them:
    so journeys that went are among them, and a night that dies loses none.
    """
    touched = "sessions" if people.are_all else "(FROM sessions SEMI JOIN touched USING (person_id))"
    _note(connection, STALE_PEOPLE, f"SELECT person_id FROM {'sessions' if people.are_all else 'touched'}")
    _note(connection, STALE_JOURNEYS, f"SELECT journey_id FROM {touched}")


def note_stale_journeys(connection: duckdb.DuckDBPyConnection, journeys: str) -> None:
    """Put down the journeys that a query selects."""
    _note(connection, STALE_JOURNEYS, journeys)


def note_all_stale(connection: duckdb.DuckDBPyConnection) -> None:
    """Put down all people and journeys."""
    note_stale(connection, People(are_all=True))


def note_counted(connection: duckdb.DuckDBPyConnection) -> None:
    """Put down that the marts hold all people and journeys as they are now."""
    for table in (STALE_PEOPLE, STALE_JOURNEYS):
        connection.execute(f"UPDATE {table.name} SET is_counted = true WHERE NOT is_counted")


def clear_stale(connection: duckdb.DuckDBPyConnection) -> None:
    """Forget what was counted, to be called when it was checked and is about to be published."""
    for table in (STALE_PEOPLE, STALE_JOURNEYS):
        connection.execute(f"DELETE FROM {table.name} WHERE is_counted")


def _note(connection: duckdb.DuckDBPyConnection, table: Table, query: str) -> None:
    """Put ids down as not counted, whatever was put down of them before."""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE noted AS SELECT DISTINCT id FROM ({query}) AS q(id)")
    connection.execute(f"DELETE FROM {table.name} WHERE {table.key[0]} IN (SELECT id FROM noted)")
    connection.execute(f"INSERT INTO {table.name} SELECT id, false FROM noted")
    connection.execute("DROP TABLE noted")
