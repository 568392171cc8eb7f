"""Rebuilding histories: those of the people who were touched anew, all others only age."""

from collections.abc import Callable

import duckdb

from models.channels import read_sites
from models.errors import UserError
from models.lifecycle import load_lifecycle
from models.settings import Settings
from models.tables import DEVICES, JOURNEYS, SESSIONS, STAYS, TOUCHPOINTS, Table
from pipelines.ageing import age_journeys
from pipelines.counting import forget_outdated_counts, subtract
from pipelines.engines import open_engine
from pipelines.fingerprints import of_histories
from pipelines.marking import begin_marking, mark_events
from pipelines.memory import AS_OF, CURRENCY, HISTORIES, recall, remember
from pipelines.stale import note_stale
from pipelines.touched import forget, touch
from pipelines.unchecked import note_written
from pipelines.warehouse import first_row, transaction
from pipelines.zones import end_of_day, last_day
from transforms.rules import Rules


class NothingLoadedError(UserError):
    """A run without a single loaded day."""


def read_rules(connection: duckdb.DuckDBPyConnection, settings: Settings) -> Rules:
    """Gather what the transforms have to know: the settings, the lifecycle and as_of.

    as_of is the end of the last export day that holds an event of its own, in the property's time zone, in UTC.

    Raises:
        NothingLoadedError: if no day is loaded.
        LifecycleError: if the lifecycle has a mistake.
    """
    day = last_day(connection, settings.timezone)
    if day is None:
        raise NothingLoadedError("no export day is loaded yet: run 'sojourn run EXPORTS' or materialise `events` first")
    return Rules(
        lifecycle=load_lifecycle(settings.lifecycle),
        as_of=end_of_day(day, settings.timezone),
        journey_window=settings.journey_window,
        session_gap=settings.session_gap,
        session_split=settings.session_split,
        ignored_referrers=settings.ignored_referrers,
        sites=read_sites(settings.sites),
        currency=recall(connection, CURRENCY) or None,
    )


def rebuild(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    on_progress: Callable[[int], None] = lambda done: None,
) -> dict[str, int]:
    """Rebuild devices, sessions, touchpoints, stays and journeys of the people whose history was touched.

    Touched are those whose events or identity changed, and those with events that lay beyond the as_of of before; all
    of them where something else that decides histories changed, or as_of moved back. All others only age. The tables
    are those that a rebuild of everybody gives. A night that dies on the way leaves what it was at written down, and
    the next does it again.

    Args:
        connection: the build file.
        settings: identity, windows, lifecycle, the engine and the size of a batch.
        on_progress: is told after each batch how many events it held.

    Returns:
        the number of rows of each table.
    """
    rules = read_rules(connection, settings)
    writer = connection.cursor()
    forget_outdated_counts(writer, settings)
    people = touch(writer, settings, rules.as_of)
    with transaction(writer):
        note_written(writer, "histories")
        if not people.are_all:
            subtract(writer, "SELECT journey_id FROM sessions SEMI JOIN touched USING (person_id)")
            note_stale(writer, people)
        forget(writer, people)
    begin_marking(writer)
    writer.execute("SET VARIABLE timezone = ?", [settings.timezone])
    open_engine(settings).rebuild(writer, rules, people, on_progress)
    with transaction(writer):
        note_stale(writer, people)
        if not people.are_all:
            age_journeys(writer, rules)
        remember(writer, AS_OF, rules.as_of.isoformat())
    mark_events(writer)
    with transaction(writer):
        writer.execute("DELETE FROM touched")
        remember(writer, HISTORIES, of_histories(settings))
    return {table.name: _count(writer, table) for table in (DEVICES, SESSIONS, TOUCHPOINTS, STAYS, JOURNEYS)}


def _count(connection: duckdb.DuckDBPyConnection, table: Table) -> int:
    row = first_row(connection, f"SELECT count(*) FROM {table.name}")
    return int(row[0]) if row else 0
