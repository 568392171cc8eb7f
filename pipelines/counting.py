"""Counting: what marts are counted from follows the journeys and people that changed, and no others.

Each journey gives facts, and is kept with those that it was counted with. Of a stale journey these are taken off the
counts, and those that it gives now are added. A first count is the same with every journey stale and nothing counted.
"""

import re
from math import ceil

import duckdb

from models.settings import Settings, SettingsError
from models.sql import read_sql
from models.tables import COUNTED, COUNTED_PEOPLE, JOURNEY_FACTS, JOURNEY_SEGMENTS, JOURNEYS, PERSONS
from pipelines.fingerprints import of_counts
from pipelines.memory import COUNTS, recall, remember
from pipelines.personas import write_personas
from pipelines.stale import note_all_stale, note_counted, note_stale_journeys
from pipelines.warehouse import first_row, make_anew, transaction

SEGMENTS = ("device_category", "country", "channel", "customer", "visitor")
FACTS = ("journeys", "answers", "exits", "holdings", "contacts", "stays", "moves")
CHUNK_ROWS = 200_000
"""Journeys counted at once: their facts are in memory until they are written."""
CHUNK_PEOPLE = 1_500_000
"""People counted at once: of six million, visits did not fit into 1 GB."""
SWEPT_SHARE = 0.25
"""Of the journeys whose facts are stored, those that may be taken off before their facts are swept out."""
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
    return tuple(dict.fromkeys((*SEGMENTS, *settings.segments)))


def count_stale(connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Bring persons, journey_segments and all counts up to date with what is stale, whole or not at all.

    Where the counts were made for other segments or by another version of the code, or where everybody was rebuilt,
    everything is stale. Where segments ask for the end of watches, which moves every night, all open journeys are.

    Args:
        connection: a cursor of its own; temporary tables are made on it.
        settings: `segments` and `personas` are used.

    Raises:
        SettingsError: if a persona cannot be told of some journey.
    """
    made_for = of_counts(settings)
    with transaction(connection):
        if recall(connection, COUNTS) != made_for:
            _start_anew(connection)
        if any(map(WATCH.search, (*settings.segments, *settings.personas.values()))):
            note_stale_journeys(connection, "SELECT journey_id FROM journeys WHERE NOT is_closed")
        connection.execute("SET VARIABLE chunk_rows = ?", [CHUNK_ROWS])
        run(connection, "begin")
        _sweep(connection)
        run(connection, "surveys")
        connection.execute("DELETE FROM journey_segments WHERE journey_id IN (SELECT journey_id FROM stale)")
        count_people(connection)
        for chunk in range(_chunks(connection)):
            choose(connection, chunk)
            _segment(connection, settings)
            count_chosen(connection)
        run(connection, "end")
        note_counted(connection)
        remember(connection, COUNTS, made_for)


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


def choose(connection: duckdb.DuckDBPyConnection, chunk: int) -> None:
    """Put one chunk of the stale journeys into temp.recounted."""
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE recounted AS SELECT journey_id FROM stale WHERE chunk = ?", [chunk]
    )


def count_chosen(connection: duckdb.DuckDBPyConnection) -> None:
    """Write down the facts of the journeys in temp.recounted, whose segments are written."""
    run(connection, "profiles")
    for name in FACTS:
        connection.execute(f"CREATE OR REPLACE TEMP TABLE found AS {read_sql(f'counting/{name}')}")
        run(connection, "facts")
    connection.execute("DROP TABLE found")


def run(connection: duckdb.DuckDBPyConnection, script: str) -> None:
    """Run a script of models/counting."""
    for statement in duckdb.extract_statements(read_sql(f"counting/{script}")):
        connection.execute(statement)


def _sweep(connection: duckdb.DuckDBPyConnection) -> None:
    """Write the facts that still count anew, before more come, once the others are many; until then pass over those."""
    row = first_row(connection, "SELECT (SELECT count(*) FROM taken_off), (SELECT count(*) FROM counted_journeys)")
    off, counted = row or (0, 0)
    if off <= SWEPT_SHARE * (off + counted):
        return
    connection.execute("ALTER TABLE journey_facts RENAME TO all_facts")
    make_anew(connection, [JOURNEY_FACTS])
    connection.execute("INSERT INTO journey_facts FROM all_facts ANTI JOIN taken_off USING (journey)")
    connection.execute("DROP TABLE all_facts")
    connection.execute("DELETE FROM taken_off")


def _start_anew(connection: duckdb.DuckDBPyConnection) -> None:
    make_anew(connection, (*COUNTED, JOURNEY_SEGMENTS, PERSONS))
    note_all_stale(connection)


def _chunks(connection: duckdb.DuckDBPyConnection) -> int:
    row = first_row(connection, "SELECT coalesce(max(chunk) + 1, 0) FROM stale")
    return int(row[0]) if row else 0


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
