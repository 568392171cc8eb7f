"""Keeping: what was loaded stays when its files go, and a run says so."""

from collections.abc import Sequence
from datetime import date

from models.settings import Settings
from pipelines.exports import ExportFile
from pipelines.known import KnownFiles
from pipelines.standing import day_ranges

DROPPED = "dropped: "
"""What a line begins with that tells of what the run did, not of how things stand."""
READ_OTHERWISE = "as they were read with other settings or by another version"


def tell_vanished(days: Sequence[date], known: KnownFiles, settings: Settings) -> list[str]:
    """Say in a line what becomes of days that have no files any more, and which of them no reading can renew."""
    if not days:
        return []
    if settings.vanished_days == "drop":
        return [f'{DROPPED}days that have no files any more: {day_ranges(days)}; vanished_days is "drop"']
    old = [day for day in days if day in known.stale]
    how = f"; {READ_OTHERWISE}: {day_ranges(old)}" if old else ""
    return [f"kept: days that have no files any more stay loaded: {day_ranges(days)}{how}"]


def tell_feeds_that_went(known: KnownFiles, feeds: Sequence[ExportFile]) -> list[str]:
    """Say in a line which files of feeds are gone, and their rows with them.

    Feeds are the shop's own files, edited and renamed, whose rows may stand in several of them: they are what they hold
    now. An export is a delivery of GA4's, and expires.
    """
    gone = known.addresses(None) - {file.address for file in feeds}
    return [f"{DROPPED}the rows of feeds that are gone: {', '.join(sorted(gone))}"] if gone else []
