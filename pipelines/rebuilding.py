"""Rebuilding histories: DuckDB hands people's events over in batches, pure functions turn them into tables."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import duckdb
import polars as pl

from models.channels import read_sites
from models.errors import UserError
from models.lifecycle import load_lifecycle
from models.settings import Settings
from models.sql import read_sql
from models.tables import DEVICES, JOURNEYS, SESSIONS, STAYS, TOUCHPOINTS, Table
from pipelines.warehouse import transaction
from transforms.histories import Histories, rebuild_histories
from transforms.identity import identify
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


class NothingLoadedError(UserError):
    """A run without a single loaded day."""


def read_rules(connection: duckdb.DuckDBPyConnection, settings: Settings) -> Rules:
    """Gather what the transforms have to know: the settings, the lifecycle and as_of.

    as_of is the end of the last export day loaded, in the property's time zone, as a UTC instant.

    Raises:
        NothingLoadedError: if no day is loaded.
        LifecycleError: if the lifecycle has a mistake.
    """
    row = connection.execute("SELECT max(export_day) FROM loads").fetchone()
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
    """Rebuild devices, sessions, touchpoints, stays and journeys from the events, in one transaction.

    One batch is stored while the next is rebuilt; never more than these two are in memory.

    Args:
        connection: the build file.
        settings: identity, windows, lifecycle and the size of a batch.
        on_progress: is told after each batch how many events it held.

    Returns:
        the number of rows of each table.
    """
    rules = read_rules(connection, settings)
    writer = connection.cursor()
    _store_identity(writer, settings)
    reader = connection.cursor()
    with transaction(writer):
        for table in (SESSIONS, TOUCHPOINTS, STAYS, JOURNEYS):
            writer.execute(f"DELETE FROM {table.name}")
        writer.execute("CREATE OR REPLACE TEMP TABLE followed (event_id BIGINT, person_id VARCHAR, session_id BIGINT)")
        with ThreadPoolExecutor(1) as storing:
            stored: Future[None] | None = None
            for batch in _people(reader, rules, settings.batch_rows):
                histories = rebuild_histories(batch, rules)
                if stored:
                    stored.result()
                stored = storing.submit(_store, writer, histories)
                on_progress(batch.height)
            if stored:
                stored.result()
        _mark_events(writer)
    return {table.name: _count(writer, table) for table in (DEVICES, SESSIONS, TOUCHPOINTS, STAYS, JOURNEYS)}


def _count(connection: duckdb.DuckDBPyConnection, table: Table) -> int:
    row = connection.execute(f"SELECT count(*) FROM {table.name}").fetchone()
    return int(row[0]) if row else 0


def _store_identity(connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    devices = connection.sql("SELECT DISTINCT device_id FROM events WHERE device_id IS NOT NULL").pl()
    logins = connection.sql(
        """
        SELECT device_id, user_id, occurred_at, batch_page_id, batch_ordering_id, batch_event_index, event_name,
            export_date, content_rank
        FROM events
        WHERE device_id IS NOT NULL AND trim(user_id) <> ''
        QUALIFY rank() OVER (PARTITION BY device_id ORDER BY occurred_at DESC) = 1
        """
    ).pl()
    people = identify(devices, logins, settings.identity)
    connection.execute("DELETE FROM devices")
    connection.execute("INSERT INTO devices SELECT device_id, person_id FROM people ORDER BY device_id")
    del people  # DuckDB read it by its name


def _people(connection: duckdb.DuckDBPyConnection, rules: Rules, batch_rows: int) -> Iterator[pl.DataFrame]:
    """Hand over events in person, device and event order, in batches that are cut between people."""
    wanted = dict.fromkeys([*NEEDED, *sorted(rules.lifecycle.columns_of("event") - OF_SESSION)])
    columns = ", ".join(_column(name) for name in wanted)
    query = read_sql("loading/histories").replace("{columns}", columns)
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


def _store(connection: duckdb.DuckDBPyConnection, histories: Histories) -> None:
    for table in (SESSIONS, TOUCHPOINTS, STAYS, JOURNEYS):
        frame = getattr(histories, table.name)
        columns = ", ".join(f'"{name}"' for name in table.column_names)
        connection.register("histories_frame", frame.select(table.column_names))
        connection.execute(f"INSERT INTO {table.name} ({columns}) SELECT {columns} FROM histories_frame")
        connection.unregister("histories_frame")
    connection.register("histories_frame", histories.events)
    connection.execute("INSERT INTO followed SELECT event_id, person_id, session_id FROM histories_frame")
    connection.unregister("histories_frame")


def _mark_events(connection: duckdb.DuckDBPyConnection) -> None:
    """Write person and session into the events that changed theirs."""
    connection.execute(
        """
        UPDATE events SET person_id = f.person_id, session_id = f.session_id
        FROM followed AS f
        WHERE events.event_id = f.event_id
            AND (events.session_id IS DISTINCT FROM f.session_id OR events.person_id IS DISTINCT FROM f.person_id)
        """
    )
    connection.execute("DROP TABLE followed")
