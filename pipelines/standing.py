"""Where things stand: what the published file holds, what GA4 may still change of it, and what is missing."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta

import duckdb

from models.errors import SojournError
from models.periods import days_between
from models.settings import Settings
from pipelines.belonging import check_belonging
from pipelines.exports import by_day, find_exports, find_feeds
from pipelines.known import KnownFiles
from pipelines.published_file import open_published
from pipelines.zones import LAST_DAY

REWRITTEN_DAYS = 3
"""GA4 may write a daily table anew for so many days after its date."""

GA4_BEGAN = date(2018, 1, 1)
"""No export in the form of GA4's is older."""
LIVE_DAYS = 14
"""An export of which a day was loaded within so many days after it is live: later days are to come. Any other is
historic: whoever loads the days of a year ago does not wait for yesterday's."""


@dataclass(frozen=True)
class Standing:
    """What the published file holds.

    Args:
        days: days loaded, in order; at least one.
        last_day: the last one that holds an event of its own: as_of is its end.
        events: events of all of them.
        is_live: whether a day of them was loaded soon after it.
        feed_files: files of feeds.
        feed_events: events of these.
    """

    days: Sequence[date]
    last_day: date
    events: int
    is_live: bool = True
    feed_files: int = 0
    feed_events: int = 0

    @property
    def provisional(self) -> list[date]:
        """Days that GA4 may still change: from three before the last one on, as `quality` counts them."""
        return [day for day in self.days if (self.last_day - day).days <= REWRITTEN_DAYS]

    @property
    def gaps(self) -> list[date]:
        """Days between the first and the last one loaded that are not loaded."""
        return days_between([day for day in self.days if day <= self.last_day])

    def late(self, yesterday: date) -> list[date]:
        """Days after the last one loaded, to yesterday: none of an export that is historic."""
        return days_between([self.last_day, yesterday + timedelta(days=1)]) if self.is_live else []


def read_standing(settings: Settings) -> Standing:
    """Read what the published file holds.

    Raises:
        WarehouseError: if it cannot be read, or comes from another version of Sojourn.
    """
    with open_published(settings) as connection:
        rows = connection.execute(
            "SELECT export_day, sum(events), count(*), min(loaded_at)::DATE - export_day FROM loads GROUP BY export_day"
        ).fetchall()
        last = connection.execute(f"SELECT {LAST_DAY}").fetchall()[0][0]
    exported = {day: int(events) for day, events, _, _ in rows if day}
    is_live = any(waited <= LIVE_DAYS for day, _, _, waited in rows if day)
    of_feeds = [(files, int(events)) for day, events, files, _ in rows if not day]
    return Standing(sorted(exported), last, sum(exported.values()), is_live, *(of_feeds or [(0, 0)])[0])


def first_day(settings: Settings) -> date:
    """Tell the earliest day that is loaded, or that a file on this machine names; never fail, and never wait.

    An object store is not asked, which may not answer: what it holds is known by what is loaded, and before the first
    load GA4's exports begin when they did everywhere. No file is opened but the published one.
    """
    days: list[date] = []
    with suppress(SojournError, duckdb.Error):
        days += read_standing(settings).days
    if "://" not in settings.exports:
        with suppress(SojournError):
            days += [file.day for file in find_exports(settings.exports) if file.day]
    return min(days, default=GA4_BEGAN)


@dataclass(frozen=True)
class Due:
    """How the exports and feeds differ from what the published file stands on.

    Args:
        days: days whose files are new or changed, in order.
        vanished: days loaded that have no files any more, in order.
        are_feeds_due: whether a file of the feeds came, went or changed.
    """

    days: Sequence[date]
    vanished: Sequence[date]
    are_feeds_due: bool


def read_due(settings: Settings) -> Due:
    """Hold the listing of the exports and feeds against the published file; the rows of no file are read.

    A new file whose name tells no day is not told of.

    Raises:
        WarehouseError: if the published file cannot be read.
        OtherExportsError: if it was made from other exports.
        ExportError: if there are no exports.
        StoreError: if they cannot be listed.
    """
    feeds = find_feeds(settings.feeds)
    files = find_exports(settings.exports, feeds)
    with open_published(settings) as connection:
        check_belonging(connection, settings)
        known = KnownFiles(connection, settings)
        days = by_day(known.dated(files))
        changed = [day for day, files in days.items() if not known.are_unchanged(day, files)]
        return Due(changed, known.vanished(days), not known.are_unchanged(None, feeds))
