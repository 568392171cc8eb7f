"""Loading feeds: their rows join the events of exports, each accounted for, on the days on which they happened."""

from collections.abc import Sequence
from contextlib import ExitStack
from datetime import date

import duckdb

from models.settings import Settings
from models.sql import read_sql
from models.tables import EVENTS
from pipelines.accepting import accepted_rows, faults
from pipelines.exports import ExportError, ExportFile
from pipelines.known import KnownFiles
from pipelines.loading import mark_unsettled, quarantine, record
from pipelines.reading import LocalFile, content_hash, local_copy
from pipelines.warehouse import transaction

FIRST_RANK = 1 << 30
"""Where the content_rank of feeds begins, as the macro is_of_feed knows."""
SETTLED = ("event_id", "device_id", "person_id", "session_id", "revenue", "refund")
"""What is settled or marked in events after they are loaded; amounts are compared as they came."""


def load_feeds(connection: duckdb.DuckDBPyConnection, files: Sequence[ExportFile], settings: Settings) -> list[str]:
    """Bring events to what the files of all feeds hold now.

    Where the content of one changed, all are read, for a row may stand in several; days on which that changes nothing
    are left. Call `load_days` afterwards, which settles what came or went.

    Args:
        connection: the build file.
        files: all files of all feeds.
        settings: time zones, `exclude` and `keep_going` are used.

    Returns:
        one line per file that was left out with keep_going.

    Raises:
        ExportError: if a file cannot be read, unless keep_going. The feeds are then as they were before.
        ConservationError: if a row got lost.
    """
    cursor = connection.cursor()
    if KnownFiles(cursor, settings).are_unchanged(None, files):
        return []
    with ExitStack() as stack:
        local = [
            LocalFile(file, None, content_hash(path), path=path)
            for file in files
            for path in [stack.enter_context(local_copy(file))]
        ]
        try:
            _load(cursor, local, settings)
        except ExportError:
            if not settings.keep_going:
                raise
        else:
            return []
        bad = faults(cursor, local, settings)
        good = [file for file in local if file.file not in bad]
        if KnownFiles(cursor, settings).are_whole(None, [file.file for file in good]):
            _load(cursor, good, settings)
            return [error.fault for error in bad.values()]
    return [f"{error.fault}; the rows of feeds that were loaded before stay" for error in bad.values()]


def _load(connection: duckdb.DuckDBPyConnection, local: Sequence[LocalFile], settings: Settings) -> None:
    known = KnownFiles(connection, settings)
    if known.hold_the_same(None, local):
        known.note_states(local)
        return
    if not local:
        with transaction(connection):
            _replace(connection, "events WHERE false", known.differences(None, local))
        return
    with accepted_rows(connection, local, settings), transaction(connection):
        _replace(connection, "accepted", known.differences(None, local))
        quarantine(connection)
        record(connection, local, settings)


def _replace(connection: duckdb.DuckDBPyConnection, accepted: str, changed: set[str]) -> None:
    """Replace the feeds' events of each day on which they differ, and all that is told of their files."""
    columns = ", ".join(EVENTS.column_names)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE feed_events AS SELECT {columns} FROM"
        f" (SELECT * REPLACE (content_rank + {FIRST_RANK} AS content_rank) FROM {accepted})"
    )
    days = _changed_days(connection)
    mark_unsettled(connection, days)
    connection.execute(
        "DELETE FROM events WHERE is_of_feed(content_rank) AND export_date IN (SELECT unnest(?::DATE[]))", [days]
    )
    connection.execute(
        f"INSERT INTO events ({columns}) SELECT {columns} FROM feed_events"
        " WHERE export_date IN (SELECT unnest(?::DATE[]))",
        [days],
    )
    connection.execute("CREATE OR REPLACE TEMP TABLE loaded_days AS SELECT DISTINCT export_date FROM feed_events")
    for table in ("loads", "quarantine"):
        connection.execute(f"DELETE FROM {table} WHERE export_day IS NULL")
    connection.execute("INSERT INTO arrivals SELECT NULL, unnest(?::VARCHAR[]) EXCEPT FROM arrivals", [sorted(changed)])


def _changed_days(connection: duckdb.DuckDBPyConnection) -> list[date]:
    kept = ", ".join(name for name in EVENTS.column_names if name not in SETTLED)
    query = read_sql("loading/feed_days").replace("{columns}", kept)
    return [day for (day,) in connection.execute(query).fetchall()]
