"""Ingesting: the first step of a night brings the tables to what was last delivered for each day."""

from collections.abc import Collection
from datetime import date

import duckdb

from models.settings import Settings
from pipelines.days import Found, Loaded, load_days
from pipelines.feeds import load_feeds
from pipelines.keeping import tell_feeds_that_went, tell_vanished
from pipelines.known import KnownFiles
from pipelines.loading import drop_days
from pipelines.progress import Progress


def ingest(
    connection: duckdb.DuckDBPyConnection,
    found: Found,
    settings: Settings,
    wanted: Collection[date] | None = None,
    progress: Progress | None = None,
) -> Loaded:
    """Load what is new or changed of exports and feeds; what was loaded of days without files is kept.

    Args:
        connection: the build file.
        found: what the exports and feeds hold now.
        settings: how files are read, and `vanished_days`.
        wanted: load only these days, and those that were read as they would no longer be now; any day unless told.
        progress: is told of each day.

    Returns:
        what was loaded, left out and kept.

    Raises:
        ExportError: if a file cannot be read, unless keep_going.
        ConservationError: if a row got lost.
    """
    progress = progress or Progress()
    known = KnownFiles(connection.cursor(), settings)
    vanished = known.vanished(found.days)
    told = [*tell_vanished(vanished, known, settings), *tell_feeds_that_went(known, found.feeds)]
    if vanished and settings.vanished_days == "drop":
        drop_days(connection.cursor(), vanished)
    days = {day: files for day, files in found.days.items() if wanted is None or day in known.stale.union(wanted)}
    progress.begin("reading exports", len(days))
    skipped = load_feeds(connection, found.feeds, settings)
    loaded = load_days(connection, days, settings, lambda day: progress.advance())
    loaded.skipped = [*found.skipped, *skipped, *loaded.skipped]
    loaded.told = [*told, *loaded.told]
    return loaded
