"""Marking: writing into events the person and session that they turned out to belong to."""

from operator import itemgetter

import duckdb
import polars as pl

from pipelines.chunks import chunks
from pipelines.warehouse import transaction

MARKS = ("export_date", "marked_person_id", "marked_session_id")
"""What the events of a batch bring along: their day and what is written in them so far."""
MARKED = ("export_date", "event_id", "person_id", "session_id")
CHUNK_ROWS = 1_000_000
"""Events marked in one transaction: DuckDB keeps what is updated in memory until that is committed."""


def begin_marking(connection: duckdb.DuckDBPyConnection) -> None:
    """Make room for the marks; none are left of a night that failed."""
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE marks (export_date DATE, event_id BIGINT, person_id VARCHAR, session_id BIGINT)"
    )


def changed_marks(followed: pl.DataFrame, marks: pl.DataFrame) -> pl.DataFrame:
    """The events whose person or session is not the one written in them: as in `note_marks`.

    Args:
        followed: one row per event: event_id, person_id, session_id.
        marks: the same rows' MARKS.
    """
    is_new = pl.col("person_id").ne_missing(pl.col("marked_person_id")) | pl.col("session_id").cast(
        pl.Int64
    ).ne_missing(pl.col("marked_session_id"))
    return followed.hstack(marks).filter(is_new).select(MARKED)


def note_marks(connection: duckdb.DuckDBPyConnection, changed: pl.DataFrame) -> None:
    """Put down the person and session to write into events: export_date, event_id, person_id, session_id."""
    connection.register("marks_frame", changed)
    connection.execute("INSERT INTO marks FROM marks_frame")
    connection.unregister("marks_frame")


def mark_events(connection: duckdb.DuckDBPyConnection) -> None:
    """Write the marks into events, some days in one transaction.

    The rows are updated in the order they stand in: in any other DuckDB takes forty times as long.
    """
    counts = connection.execute("SELECT export_date, count(*) FROM marks GROUP BY export_date ORDER BY export_date")
    for days in chunks(counts.fetchall(), itemgetter(1), CHUNK_ROWS):
        listed = ", ".join(f"DATE '{day}'" for day, _ in days)
        with transaction(connection):
            connection.execute(
                f"""
                CREATE OR REPLACE TEMP TABLE places AS
                SELECT events.rowid AS place, marks.person_id, marks.session_id
                FROM events
                INNER JOIN marks USING (event_id)
                WHERE events.export_date IN ({listed}) AND marks.export_date IN ({listed})
                ORDER BY place
                """
            )
            connection.execute(
                "UPDATE events SET person_id = places.person_id, session_id = places.session_id"
                " FROM places WHERE events.rowid = places.place"
            )
    connection.execute("DROP TABLE IF EXISTS places")
    connection.execute("DROP TABLE marks")
