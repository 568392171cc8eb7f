"""Asking for runs: which days are due by what is loaded, and how soon the same files are asked for again.

A day is due while its files are others than those it was loaded from, as the published file has them in `loads`: one
whose run failed is due again. What was asked for is asked for again after a pause that doubles each time, up to a day,
or at once when its files change. Days that are held back by policy are asked for once: each run looks at them again.
"""

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import groupby

from models.settings import Settings
from pipelines.belonging import check_belonging
from pipelines.days import Found, find_days
from pipelines.exports import ExportFile, by_day, find_exports, find_feeds
from pipelines.held import held_days
from pipelines.known import KnownFiles
from pipelines.published_file import open_published

FEEDS = "feeds"
LONGEST_PAUSE = timedelta(days=1)
Fingerprints = Mapping[str, str]
"""Of what is due the fingerprint of its files: by day, as 2026-01-31, and of the feeds."""


@dataclass(frozen=True)
class Asked:
    """That a run was asked for.

    Args:
        files: the fingerprint of what it was to load.
        times: how often it was asked for, this time included.
        at: when that was, in seconds since 1970.
    """

    files: str
    times: int
    at: float

    def waits(self, now: float, look_every: timedelta) -> bool:
        """Whether it is too early to ask for the same files again."""
        pause: timedelta = min(look_every * 2 ** min(self.times, 20), LONGEST_PAUSE)
        return now < self.at + pause.total_seconds()


@dataclass(frozen=True)
class Due:
    """What the exports and feeds hold, and what of it is due.

    Args:
        days: all days of the exports, in order.
        files: what is due, with the fingerprints of its files.
        stale: days with the files that they were loaded from, but read as they would no longer be now.
        held: days that stay as they were loaded though they came again.
    """

    days: Sequence[date]
    files: Fingerprints
    stale: Collection[date] = ()
    held: Collection[date] = field(default_factory=frozenset)

    @property
    def due_days(self) -> list[date]:
        """The days that any run would load."""
        return [day for day in self.days if day.isoformat() in self.files or day in self.stale]


def find_due(settings: Settings) -> Due:
    """Hold what the exports and feeds hold against what is loaded; without a published file, all of it is due.

    Files are opened only where neither their names nor what is loaded tell their day.

    Raises:
        ExportError, StoreError: if there are no exports, or they cannot be listed.
        OtherExportsError: if the published file was made from other exports.
        WarehouseError: if it cannot be read.
    """
    if not settings.database.exists():
        found = find_days(settings)
        files = {day.isoformat(): fingerprint(files) for day, files in found.days.items()}
        return Due(list(found.days), files | ({FEEDS: fingerprint(found.feeds)} if found.feeds else {}))
    feeds = find_feeds(settings.feeds)
    listed = find_exports(settings.exports, feeds)
    with open_published(settings) as connection:
        check_belonging(connection, settings)
        known, held = KnownFiles(connection, settings), held_days(connection)
    dated = known.dated(listed)
    found = Found(by_day(dated), [], feeds) if all(file.day for file in dated) else find_days(settings)
    changed = {day.isoformat(): fingerprint(files) for day, files in found.days.items() if not known.fit(day, files)}
    if not known.fit(None, feeds):
        changed[FEEDS] = fingerprint(feeds)
    return Due(list(found.days), changed, [day for day in found.days if day in known.stale], held)


def fingerprint(files: Sequence[ExportFile]) -> str:
    """Sixteen signs that change with files: with their addresses, sizes, times or versions."""
    return _digest(sorted(f"{file.address} {file.size} {file.state}" for file in files))


def ask(due: Due, asked: Mapping[str, Asked], now: float, look_every: timedelta) -> tuple[set[str], dict[str, Asked]]:
    """Tell what to ask runs for now, and what was asked for by then.

    Args:
        due: what is due.
        asked: what was asked for before.
        now: seconds since 1970.
        look_every: the first pause is twice as long.
    """
    before = {name: asked[name] for name, files in due.files.items() if name in asked and asked[name].files == files}
    held = {day.isoformat() for day in due.held}
    ready = {
        name
        for name in due.files
        if name not in before or (name not in held and not before[name].waits(now, look_every))
    }
    times = {name: before[name].times + 1 if name in before else 1 for name in ready}
    return ready, before | {name: Asked(due.files[name], times[name], now) for name in ready}


def stretches(days: Sequence[date], ready: Collection[str]) -> Iterator[list[date]]:
    """Cut days to ask for into stretches with no other day of the exports between: at first sight, all days in one.

    >>> days = [date(2026, 5, day) for day in (1, 2, 5, 6, 7)]
    >>> [[day.day for day in found] for found in stretches(days, {"2026-05-01", "2026-05-02", "2026-05-07"})]
    [[1, 2], [7]]
    """
    for is_ready, found in groupby(days, lambda day: day.isoformat() in ready):
        if is_ready:
            yield list(found)


def key_of(days: Sequence[date], asked: Mapping[str, Asked], also: Collection[str] = ()) -> str:
    """The key of a run: the same files are asked for by the same key, but by another each time."""
    found = [asked[name] for name in (*(day.isoformat() for day in days), *also) if name in asked]
    told = _digest([f"{one.files} {one.times}" for one in found])
    return f"{days[0]}..{days[-1]} {told}"


def read_asked(cursor: str | None) -> dict[str, Asked]:
    """What a cursor says was asked for; nothing where it is of a former version."""
    found = json.loads(cursor or "{}")
    return {name: Asked(*one) for name, one in found.items() if isinstance(one, list)}


def write_asked(asked: Mapping[str, Asked]) -> str:
    """The cursor that says what was asked for."""
    return json.dumps({name: [one.files, one.times, round(one.at)] for name, one in asked.items()})


def _digest(parts: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
