"""Counting: the aggregates that marts are summed up from follow the journeys and people that changed, and no others.

Aggregates are additive: before a journey's rows change, what it gave is subtracted; what it gives afterwards is added,
by the same SQL of models/counting. A first count is the same with every journey stale and nothing counted.
"""

import re
from collections.abc import Iterator
from math import ceil

import duckdb

from models.settings import Settings, SettingsError
from models.sql import read_sql
from models.tables import (
    AGGREGATES,
    COUNTED,
    COUNTED_PEOPLE,
    JOURNEY_SEGMENTS,
    JOURNEYS,
    PERSONS,
    PURCHASER_SEGMENTS,
    RUNNING_WATCH_COUNTS,
    SEGMENTS,
    Column,
    Table,
)
from pipelines.fingerprints import of_counts
from pipelines.memory import COUNTS, RECENT, forget, recall, remember
from pipelines.personas import write_personas
from pipelines.stale import note_all_stale, note_counted, note_stale_journeys
from pipelines.warehouse import first_row, make_anew, transaction

DIMENSIONS = ("device_category", "country", "channel", "customer", "visitor")
CHUNK_ROWS = 200_000
"""Journeys counted at once: their rows are in memory until they are counted."""
CHUNK_PEOPLE = 1_500_000
"""People counted at once: of six million, visits did not fit into 1 GB."""
WATCH = re.compile("watched_until", re.IGNORECASE)


def segment_columns(settings: Settings) -> tuple[str, ...]:
    """The journey columns that figures are cut by: the five that always are, then those of the settings.

    Raises:
        SettingsError: if a setting names what is no column of journeys.
    """
    unknown = [name for name in settings.segments if name not in JOURNEYS.column_names]
    if unknown:
        known = ", ".join(JOURNEYS.column_names)
        raise SettingsError(f"setting 'segments' names {unknown[0]!r}, which journeys does not have; it has {known}")
    return tuple(dict.fromkeys((*DIMENSIONS, *settings.segments)))


def forget_outdated_counts(connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Forget that anything is counted where it was for other segments or by other code: all is then counted anew."""
    if recall(connection, COUNTS) != of_counts(settings):
        forget(connection, COUNTS)


def subtract(connection: duckdb.DuckDBPyConnection, journeys: str) -> None:
    """Subtract what journeys gave from the aggregates, and note them stale.

    To be called in the transaction that changes their rows, before these change: what they gave is counted from the
    rows as they stand. What is subtracted already, since it was last counted, is passed over.

    Args:
        connection: the build file.
        journeys: a query for their ids.
    """
    # A night that died may have stored journeys of people whose journeys it had subtracted: these were never added.
    counted = (
        f"SELECT DISTINCT journey_id FROM ({journeys}) ANTI JOIN stale USING (journey_id) ANTI JOIN (FROM sessions"
        " SEMI JOIN (FROM stale_people WHERE NOT is_counted) USING (person_id)) USING (journey_id)"
    )
    connection.execute("CREATE OR REPLACE TEMP VIEW stale AS FROM stale_journeys WHERE NOT is_counted")
    _tell_recent(connection, *(recall(connection, RECENT) or " ").split(" "))
    for _ in _chunks(connection, counted if recall(connection, COUNTS) else f"{counted} LIMIT 0"):
        _apply(connection, sign=-1)
        connection.execute("DELETE FROM journey_segments WHERE journey_id IN (FROM recounted)")
    note_stale_journeys(connection, journeys)


def count_stale(connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Bring persons, journey_segments and all aggregates up to date with what is stale, whole or not at all.

    Where the counts were made for other segments or by another version of the code, or where everybody was rebuilt,
    everything is stale. Where segments ask for the end of watches, which moves every night, all open journeys are.

    Args:
        connection: a cursor of its own; temporary tables are made on it.
        settings: `segments` and `personas` are used.

    Raises:
        SettingsError: if a persona cannot be told of some journey.
    """
    with transaction(connection):
        forget_outdated_counts(connection, settings)
        if recall(connection, COUNTS) is None:
            begin(connection)
            note_all_stale(connection)
        _follow_recent(connection)
        if any(map(WATCH.search, (*settings.segments, *settings.personas.values()))):
            subtract(connection, "SELECT journey_id FROM journeys WHERE NOT is_closed")
        count_people(connection)
        connection.execute("CREATE OR REPLACE TEMP VIEW stale AS FROM stale_journeys WHERE NOT is_counted")
        run(connection, "surveys")
        for _ in _chunks(connection, "SELECT journey_id FROM stale"):
            _segment(connection, settings)
            add_chosen(connection)
        count_all_people(connection)
        note_counted(connection)
        remember(connection, COUNTS, of_counts(settings))


def _follow_recent(connection: duckdb.DuckDBPyConnection) -> None:
    """Count journeys anew that came to the recent weeks, or left them, since the last count."""
    row = first_row(connection, "SELECT recent_from::VARCHAR, recent_to::VARCHAR FROM run_settings")
    now, before = row or ("", ""), tuple((recall(connection, RECENT) or " ").split(" "))
    if now != before and recall(connection, COUNTS):
        were, are = (f"coalesce(min(started_on) BETWEEN '{a}' AND '{b}', false)" for a, b in (before, now))
        subtract(connection, f"SELECT journey_id FROM sessions GROUP BY journey_id HAVING {were} <> {are}")
    remember(connection, RECENT, " ".join(now))
    _tell_recent(connection, *now)


def _tell_recent(connection: duckdb.DuckDBPyConnection, first: str, last: str) -> None:
    connection.execute("SET VARIABLE recent_from = try_cast(? AS DATE)", [first])
    connection.execute("SET VARIABLE recent_to = try_cast(? AS DATE)", [last])


def begin(connection: duckdb.DuckDBPyConnection) -> None:
    """Make everything that is counted anew, empty. All journeys are a segment, also where there are none yet."""
    make_anew(connection, (*COUNTED, JOURNEY_SEGMENTS, PERSONS))
    connection.execute(f"INSERT INTO {SEGMENTS.name} VALUES (1, 'all', 'all', 'all'), (2, 'recent', 'all', 'all')")


def count_people(connection: duckdb.DuckDBPyConnection) -> None:
    """Write the rows of persons and counted_people anew that are of stale people, some people at a time."""
    row = first_row(connection, "SELECT count(*) FROM stale_people WHERE NOT is_counted")
    parts = max(1, ceil((row[0] if row else 0) / CHUNK_PEOPLE))
    for part in range(parts):
        connection.execute(
            "CREATE OR REPLACE TEMP TABLE recounted_people AS"
            " SELECT person_id FROM stale_people WHERE NOT is_counted AND hash(person_id) % ? = ?",
            [parts, part],
        )
        for table, sql in ((PERSONS, "marts/persons"), (COUNTED_PEOPLE, "counting/people")):
            connection.execute(f"DELETE FROM {table.name} WHERE person_id IN (SELECT person_id FROM recounted_people)")
            connection.execute(f"INSERT INTO {table.name} {read_sql(sql)}")


def count_all_people(connection: duckdb.DuckDBPyConnection) -> None:
    """Write anew what follows from segments: those of people who bought, and the watches that still run."""
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE recounted_purchasers AS"
        " SELECT person_id FROM stale_people WHERE NOT is_counted"
        " UNION SELECT person_id FROM sessions SEMI JOIN stale USING (journey_id)"
    )
    connection.execute(
        f"DELETE FROM {PURCHASER_SEGMENTS.name} WHERE person_id IN (SELECT person_id FROM recounted_purchasers)"
    )
    connection.execute(f"DELETE FROM {RUNNING_WATCH_COUNTS.name}")
    for table in (PURCHASER_SEGMENTS, RUNNING_WATCH_COUNTS):
        connection.execute(f"INSERT INTO {table.name} {read_sql(f'counting/{table.name}')}")


def add_chosen(connection: duckdb.DuckDBPyConnection) -> None:
    """Add what the journeys in temp.recounted give to the aggregates; their segments are written."""
    _apply(connection, sign=1)


def run(connection: duckdb.DuckDBPyConnection, script: str) -> None:
    """Run a script of models/counting."""
    for statement in duckdb.extract_statements(read_sql(f"counting/{script}")):
        connection.execute(statement)


def _chunks(connection: duckdb.DuckDBPyConnection, journeys: str) -> Iterator[None]:
    """Put the journeys of a query into temp.recounted, some at a time."""
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE chosen AS"
        f" SELECT journey_id, (row_number() OVER () - 1) // {CHUNK_ROWS} AS chunk FROM ({journeys})"
    )
    row = first_row(connection, "SELECT coalesce(max(chunk) + 1, 0) FROM chosen")
    for chunk in range(row[0] if row else 0):
        connection.execute(
            "CREATE OR REPLACE TEMP TABLE recounted AS SELECT journey_id FROM chosen WHERE chunk = ?", [chunk]
        )
        yield


def _apply(connection: duckdb.DuckDBPyConnection, sign: int) -> None:
    """Add what the journeys in temp.recounted give, or subtract it."""
    run(connection, "recounted")
    run(connection, "transitions")
    for table in AGGREGATES:
        connection.execute(f"CREATE OR REPLACE TEMP TABLE given AS {_given(table, sign)}")
        row = first_row(connection, f"SELECT count(*) FROM (FROM {table.name} LIMIT 1)")
        connection.execute(_merged(table) if row and row[0] else f"INSERT INTO {table.name} FROM given")


def _given(table: Table, sign: int) -> str:
    """What the chosen journeys give to an aggregate, in each segment of their profiles."""
    keys = ", ".join(table.key)
    sums = ", ".join(f"{sign} * sum({column.name})::{column.type} AS {column.name}" for column in _measures(table))
    return (
        f"SELECT {keys}, {sums} FROM ({read_sql(f'counting/{table.name}')})"
        f" JOIN profile_segments USING (profile) GROUP BY {keys}"
    )


def _merged(table: Table) -> str:
    """The statement that adds temp.given to an aggregate; a row goes with the last journey that it counts."""
    required = {column.name for column in table.columns if column.required}
    same = " AND ".join(f"t.{key} {'=' if key in required else 'IS NOT DISTINCT FROM'} g.{key}" for key in table.key)
    first, *_ = measures = [column.name for column in _measures(table)]
    added = ", ".join(f"{name} = t.{name} + g.{name}" for name in measures)
    values = ", ".join(f"g.{name}" for name in table.column_names)
    return (
        f"MERGE INTO {table.name} AS t USING given AS g ON {same}"
        f" WHEN MATCHED AND t.{first} + g.{first} = 0 THEN DELETE"
        f" WHEN MATCHED THEN UPDATE SET {added}"
        f" WHEN NOT MATCHED THEN INSERT VALUES ({values})"
    )


def _measures(table: Table) -> list[Column]:
    return [column for column in table.columns if column.name not in table.key]


def _segment(connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Write table journey_segments for the journeys in temp.recounted."""
    listed = "FROM journeys SEMI JOIN recounted USING (journey_id)"
    connection.execute(f"INSERT INTO journey_segments SELECT journey_id, 'all', 'all' {listed}")
    for name in segment_columns(settings):
        connection.execute(
            f"INSERT INTO journey_segments SELECT journey_id, '{name}', coalesce(\"{name}\"::VARCHAR, '(not set)')"
            f" {listed}"
        )
    write_personas(connection, settings)
