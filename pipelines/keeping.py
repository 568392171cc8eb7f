"""Keeping: what was loaded stays when its files go, shrink or break, and each run says so."""

import json
from collections.abc import Container, Iterator, Sequence
from datetime import date

import duckdb

from models.periods import day_ranges
from models.settings import Settings
from pipelines.exports import ExportFile
from pipelines.held import Held, held_days
from pipelines.known import KnownFiles
from pipelines.loading import DayLoad
from pipelines.memory import HELD, remember

KEPT = "kept: "
"""What a line begins with that tells of how things stand, not of what the run did."""
READ_OTHERWISE = "taken over from another file, or read with other settings"


def tell_vanished(days: Sequence[date], known: KnownFiles, settings: Settings) -> list[str]:
    """Say in a line what becomes of days that have no files any more, and which of them no reading can renew."""
    if not days:
        return []
    if settings.vanished_days == "drop":
        return [f'dropped: days that have no files any more: {day_ranges(days)}; vanished_days is "drop"']
    return [f"{KEPT}days that have no files any more stay loaded: {_told(days, known)}"]


def tell_feeds_that_went(known: KnownFiles, feeds: Sequence[ExportFile]) -> list[str]:
    """Say in a line which files of feeds are gone, and their rows with them.

    Feeds are the shop's own files, edited and renamed, whose rows may stand in several of them: they are what they hold
    now. An export is a delivery of GA4's, and expires.
    """
    gone = known.addresses(None) - {file.address for file in feeds}
    return [f"dropped: the rows of feeds that are gone: {', '.join(sorted(gone))}"] if gone else []


def tell_held(loads: Sequence[DayLoad], known: KnownFiles) -> Iterator[str]:
    """Say in a line for each reason which days came again and stay as they were loaded.

    Of days with a broken file the line that names the file says so.

    Args:
        loads: what became of days.
        known: what was loaded before.
    """
    for why in (Held.IN_PART, Held.SHRUNKEN):
        rows = {load.day: load.rows_read for load in loads if load.held is why and load.day}
        if not rows:
            continue
        days = _told(sorted(rows), known)
        counts = f" ({sum(rows.values()):,} rows for {sum(known.rows[day] for day in rows):,})"
        yield (
            f"{KEPT}days {why.value} stay as they were loaded: {days}{counts if why is Held.SHRUNKEN else ''};"
            " --accept-shrunken loads them"
        )


def remember_held(connection: duckdb.DuckDBPyConnection, loads: Sequence[DayLoad], days: Container[date]) -> None:
    """Put down which days came again and stay as they were loaded: they are due until they are whole again.

    Args:
        connection: the build file.
        loads: what became of the days that were looked at.
        days: those that have files and were not looked at.
    """
    others = {day: why for day, why in held_days(connection).items() if day in days}
    held = others | {load.day: load.held for load in loads if load.held and load.day}
    remember(connection, HELD, json.dumps({day.isoformat(): why.name for day, why in sorted(held.items())}))


def _told(days: Sequence[date], known: KnownFiles) -> str:
    old = [day for day in days if day in known.stale]
    return day_ranges(days) + (f"; {READ_OTHERWISE}: {day_ranges(old)}" if old else "")
