"""Ingesting: the first step of a night brings the tables to what was last delivered for each day."""

from collections.abc import Collection
from datetime import date

import duckdb

from models.settings import Settings
from pipelines.belonging import belong
from pipelines.days import Found, Loaded, load_days
from pipelines.feeds import load_feeds
from pipelines.held import held_days
from pipelines.keeping import remember_held, tell_feeds_that_went, tell_held, tell_vanished
from pipelines.known import KnownFiles
from pipelines.loading import drop_days
from pipelines.progress import Progress


def ingest(
    connection: duckdb.DuckDBPyConnection,
    found: Found,
    settings: Settings,
    wanted: Collection[date] | None = None,
    progress: Progress | None = None,
    is_moved: bool = False,
) -> Loaded:
    """Load what is new or changed of exports and feeds; what was loaded of days without files is kept.

    Args:
        connection: the build file.
        found: what the exports and feeds hold now.
        settings: how files are read, and what becomes of days that vanished or shrank.
        wanted: load only these days, those that were read as they would no longer be now, and those that were held
            back; any day unless told.
        progress: is told of each day.
        is_moved: the exports are those that the database was made from, at a new address.

    Returns:
        what was loaded, left out and kept.

    Raises:
        OtherExportsError: if the database was made from other exports.
        ExportError: if a file cannot be read, unless keep_going.
        ConservationError: if a row got lost.
    """
    progress = progress or Progress()
    moved = belong(connection, found, settings, is_moved)
    known = KnownFiles(connection.cursor(), settings)
    vanished = known.vanished(found.days, found.undated)
    told = [*moved, *tell_vanished(vanished, known, settings), *tell_feeds_that_went(known, found.feeds)]
    if vanished and settings.vanished_days == "drop":
        drop_days(connection.cursor(), vanished)
    due = known.stale.union(held_days(connection), wanted or ())
    days = {day: files for day, files in found.days.items() if wanted is None or day in due}
    progress.begin("reading exports", len(days))
    skipped = load_feeds(connection, found.feeds, settings)
    loaded = load_days(connection, days, settings, lambda day: progress.advance())
    remember_held(connection, loaded.days, found.days.keys() - days.keys())
    loaded.skipped = [*found.skipped, *skipped, *loaded.skipped]
    loaded.told = [*told, *tell_held(loaded.days, known)]
    return loaded
