"""Rebuilding histories: DuckDB hands people's events over in batches, pure functions turn them into tables."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, time, timedelta
from itertools import chain, islice
from zoneinfo import ZoneInfo

import duckdb
import polars as pl

from models.channels import read_sites
from models.errors import UserError
from models.lifecycle import load_lifecycle
from models.settings import Settings
from models.sql import read_sql
from models.tables import DEVICES, JOURNEYS, PAGES_SEEN, SESSIONS, STAYS, TOUCHPOINTS, UNMATCHED_SESSIONS, Table
from pipelines.ageing import age_journeys
from pipelines.fingerprints import of_histories
from pipelines.marking import MARKS, begin_marking, mark_events, note_marks
from pipelines.memory import AS_OF, HISTORIES, remember
from pipelines.stale import note_stale
from pipelines.touched import People, forget, touch
from pipelines.unchecked import note_written
from pipelines.warehouse import first_row, transaction
from transforms.histories import Histories, rebuild_histories
from transforms.rules import Rules
from transforms.sessions import TRAITS

NEEDED = (
    "event_id",
    "person_id",
    "device_id",
    "occurred_at",
    "event_name",
    "ga_session_id",
    "page_location",
    "page_path",
    "engagement_seconds",
    "source",
    "medium",
    "campaign",
    "click_id",
    "default_channel_group",
    *TRAITS,
    "transaction_id",
    "revenue",
    "refund",
)
OF_SESSION = {"channel", "is_landing", "is_customer", "session_id"}
PARAM = "param_"
STORED_TOGETHER = 10
"""Batches stored in one transaction."""


class NothingLoadedError(UserError):
    """A run without a single loaded day."""


def read_rules(connection: duckdb.DuckDBPyConnection, settings: Settings) -> Rules:
    """Gather what the transforms have to know: the settings, the lifecycle and as_of.

    as_of is the end of the last export day loaded, in the property's time zone, as a UTC instant.

    Raises:
        NothingLoadedError: if no day is loaded.
        LifecycleError: if the lifecycle has a mistake.
    """
    row = first_row(connection, "SELECT max(export_day) FROM loads")
    if row is None or row[0] is None:
        raise NothingLoadedError("no export day is loaded yet: run 'sojourn run EXPORTS' or materialise `events` first")
    midnight = datetime.combine(row[0] + timedelta(days=1), time(), ZoneInfo(settings.timezone))
    return Rules(
        lifecycle=load_lifecycle(settings.lifecycle),
        as_of=midnight.astimezone(UTC).replace(tzinfo=None),
        journey_window=settings.journey_window,
        session_gap=settings.session_gap,
        session_split=settings.session_split,
        ignored_referrers=settings.ignored_referrers,
        sites=read_sites(settings.sites),
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
        settings: identity, windows, lifecycle and the size of a batch.
        on_progress: is told after each batch how many events it held.

    Returns:
        the number of rows of each table.
    """
    rules = read_rules(connection, settings)
    writer = connection.cursor()
    people = touch(writer, settings, rules.as_of)
    with transaction(writer):
        note_written(writer, "histories")
        if not people.are_all:
            note_stale(writer, people)
        forget(writer, people)
    begin_marking(writer)
    with closing(connection.cursor()) as reader:
        _rebuild(reader, writer, rules, settings, people, on_progress)
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


def _rebuild(
    reader: duckdb.DuckDBPyConnection,
    writer: duckdb.DuckDBPyConnection,
    rules: Rules,
    settings: Settings,
    people: People,
    on_progress: Callable[[int], None],
) -> None:
    """Store one batch while the next is rebuilt, some batches in one transaction.

    One transaction for all would hold on to memory for every batch, one for each would write everything twice.
    """
    batches = _batches(reader, rules, settings.batch_rows, people)
    with ThreadPoolExecutor(1) as storing:
        while together := list(islice(batches, 1)):
            with transaction(writer):
                stored: Future[None] | None = None
                for batch in chain(together, islice(batches, STORED_TOGETHER - 1)):
                    histories = rebuild_histories(batch.drop(MARKS), rules)
                    if stored:
                        stored.result()
                    stored = storing.submit(_store, writer, histories, batch.select(MARKS))
                    on_progress(batch.height)
                if stored:
                    stored.result()


def _count(connection: duckdb.DuckDBPyConnection, table: Table) -> int:
    row = first_row(connection, f"SELECT count(*) FROM {table.name}")
    return int(row[0]) if row else 0


def _batches(
    connection: duckdb.DuckDBPyConnection, rules: Rules, batch_rows: int, people: People
) -> Iterator[pl.DataFrame]:
    """Hand over events in person, device and event order, in batches that are cut between people."""
    wanted = dict.fromkeys([*NEEDED, *sorted(rules.lifecycle.columns_of("event") - OF_SESSION), *MARKS])
    columns = ", ".join(_column(name) for name in wanted)
    query = read_sql("loading/histories").replace("{columns}", columns).replace("{people}", people.devices)
    waiting: list[pl.DataFrame] = []
    for record_batch in connection.sql(query).to_arrow_reader(batch_rows):
        waiting.append(pl.DataFrame(pl.from_arrow(record_batch)))
        if sum(frame.height for frame in waiting) >= batch_rows:
            whole = pl.concat(waiting)
            cut = _start_of_last(whole)
            waiting = [whole.slice(cut)]
            if cut:
                yield whole.slice(0, cut)
    if waiting:
        yield pl.concat(waiting)


def _start_of_last(events: pl.DataFrame) -> int:
    """The row where the last person of a batch begins."""
    is_last = pl.col("person_id") == pl.col("person_id").last()
    return events.height - int(events.select(is_last.sum()).item())


def _column(name: str) -> str:
    if name.startswith(PARAM):
        key = name.removeprefix(PARAM).replace("'", "''")
        return f"param_text(event_params, '{key}') AS {name}"
    return name


def _store(connection: duckdb.DuckDBPyConnection, histories: Histories, marks: pl.DataFrame) -> None:
    for table in (SESSIONS, UNMATCHED_SESSIONS, PAGES_SEEN, TOUCHPOINTS, STAYS, JOURNEYS):
        _insert(connection, table.name, getattr(histories, table.name).select(table.column_names))
    note_marks(connection, histories.events, marks)


def _insert(connection: duckdb.DuckDBPyConnection, table: str, frame: pl.DataFrame) -> None:
    columns = ", ".join(f'"{name}"' for name in frame.columns)
    connection.register("histories_frame", frame)
    connection.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM histories_frame")
    connection.unregister("histories_frame")
