"""Inspecting exports before the first run: all their names, and the rows of so many days as take little time."""

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import date, timedelta
from itertools import chain
from typing import Any

import duckdb
from babel import Locale
from babel.core import get_global

from models.inspection import FITS, Counts, Inspection
from models.settings import Settings
from models.sql import read_sql
from pipelines.accepting import normalised_rows
from pipelines.engines import Days
from pipelines.exports import ExportError, ExportFile, by_day, find_exports
from pipelines.reading import LocalFile, day_of_rows, local_copy
from pipelines.scratch import open_scratch
from pipelines.warehouse import first_row

MOST_DAYS = 92
MOST_BYTES = 500_000_000
"""The rows of the latest days are looked at, up to so many days and bytes; of one day at least, a file at least."""
HALF_A_YEAR = timedelta(days=182)
NEAR = timedelta(days=45)
"""One file of a day about half a year before the last is looked at too: in summer and winter time zones differ."""
PEOPLED = (
    "UTC", "Europe/Berlin", "Europe/London", "America/New_York", "America/Los_Angeles", "America/Chicago",
    "America/Denver", "America/Sao_Paulo", "America/Mexico_City", "America/Bogota", "America/Halifax",
    "America/Phoenix", "Asia/Kolkata", "Asia/Shanghai", "Asia/Tokyo", "Asia/Jakarta", "Asia/Dubai", "Asia/Karachi",
    "Asia/Dhaka", "Europe/Istanbul", "Europe/Helsinki", "Africa/Lagos", "Africa/Johannesburg", "Africa/Cairo",
    "Africa/Nairobi", "Australia/Sydney", "Australia/Brisbane", "Australia/Adelaide", "Australia/Darwin",
    "Pacific/Auckland", "Pacific/Honolulu", "America/Anchorage", "Asia/Tehran", "Asia/Kathmandu", "Asia/Yangon",
)  # fmt: skip
"""Of zones that fit as well, where countries tell nothing, the one that most people live in is the likeliest."""
HOME = 1 / 3
"""A zone is told by its country where at least so many events come from there: a shop's home, not a visitor's."""


def inspect_exports(address: str) -> Inspection:
    """Tell what exports hold.

    Raises:
        ExportError: if there are none, or one that is looked at cannot be read.
        StoreError: if the object store does not answer.
    """
    found = find_exports(address)
    days = by_day(found) or by_day(_with_days(found))
    chosen, in_a_row = choose_days(days)
    settings = Settings.model_construct(exports=address)
    with open_scratch(settings.memory_limit) as connection, ExitStack() as stack:
        files = [
            LocalFile(file, day, path=stack.enter_context(local_copy(file)))
            for day, of_day in chosen.items()
            for file in of_day
        ]
        _look(connection, files, settings, min(in_a_row))
        return Inspection(
            days=tuple(days),
            kinds=Counter(files[0].kind for files in days.values()),
            formats=Counter(file.format for file in chain.from_iterable(days.values())),
            size=sum(file.size for file in chain.from_iterable(days.values())),
            looked_at=tuple(chosen),
            days_in_a_row=(max(in_a_row) - min(in_a_row)).days + 1,
            **_findings(connection),
        )


def choose_days(days: Days) -> tuple[dict[date, Sequence[ExportFile]], list[date]]:
    """Choose the days whose rows are looked at, with their files; and those among them that are the latest."""
    latest: dict[date, Sequence[ExportFile]] = {}
    left = MOST_BYTES
    for day in sorted(days, reverse=True)[:MOST_DAYS]:
        size = sum(file.size for file in days[day])
        if latest and size > left:
            break
        latest[day] = _within(days[day], left)
        left -= size
    before = max(days) - HALF_A_YEAR
    near = [day for day in days if day not in latest and abs(day - before) <= NEAR]
    other = {day: days[day][:1] for day in sorted(near, key=lambda day: (abs(day - before), day))[:1]}
    return dict(sorted((latest | other).items())), sorted(latest)


def _within(files: Sequence[ExportFile], size: int) -> Sequence[ExportFile]:
    """The first files that are together no larger; one at least."""
    chosen = [files[0]]
    for file in files[1:]:
        if sum(one.size for one in chosen) + file.size > size:
            break
        chosen.append(file)
    return chosen


def _with_days(files: Sequence[ExportFile]) -> list[ExportFile]:
    """Files whose names tell no day, with the day that their rows tell: so many as are looked at, the last by name."""
    told: list[ExportFile] = []
    left = MOST_BYTES
    for file in sorted(files, reverse=True)[:MOST_DAYS]:
        if told and file.size > left:
            break
        with duckdb.connect() as scratch, local_copy(file) as path:
            told.append(replace(file, day=day_of_rows(scratch, file, path)))
        left -= file.size
    return told


def _look(connection: duckdb.DuckDBPyConnection, files: Sequence[LocalFile], settings: Settings, first: date) -> None:
    """Keep of the rows, in the table looked, what settings are told from."""
    try:
        with normalised_rows(connection, files, settings):
            connection.execute(read_sql("inspection/looked"))
    except ExportError as error:
        raise ExportError(error.fault, "copy it again, or take it away") from error
    connection.execute("SET VARIABLE days_from = ?", [first])


def _findings(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    counts = "SELECT count(*), count(user_id), count(*) - count(device_id) FROM looked"
    events, signed_in, unfollowed = first_row(connection, counts) or (0, 0, 0)
    silences, silent_days, purchases = first_row(connection, read_sql("inspection/silences")) or (0, None, 0)
    return {
        "events": events,
        "signed_in": signed_in,
        "unfollowed": unfollowed,
        "silences": silences,
        "silent_days": silent_days,
        "purchases": purchases,
        "names": _counts(connection, "event_name"),
        "hosts": _counts(connection, "hostname"),
        "currencies": _counts(connection, "currency"),
        **_zones(connection),
    }


def _counts(connection: duckdb.DuckDBPyConnection, column: str) -> dict[str, int]:
    """The events of each value of a column, the commonest first."""
    query = f"SELECT {column}, count(*) FROM looked WHERE {column} IS NOT NULL GROUP BY ALL ORDER BY 2 DESC, 1"
    return dict(connection.execute(query).fetchall())


def _zones(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """The time zones in which event_date is the local day, the likeliest first, and how far that holds."""
    homes: Mapping[str, str] = get_global("zone_territories")
    known = {name for (name,) in connection.execute("SELECT name FROM pg_timezone_names()").fetchall()}
    names = ["UTC", *(zone for zone in homes if zone in known and not zone.startswith("Etc/"))]
    connection.execute("SET VARIABLE zones = ?", [names])
    judged = connection.execute(read_sql("inspection/zones")).fetchall()
    off = {zone: share for zones, share in judged for zone in zones}
    best = min(off.values(), default=0.0)
    people = _people(_counts(connection, "country"), _counts(connection, "hostname"))
    fitting = [zone for zone, share in off.items() if share <= min(FITS, best + FITS / 100)]
    ranks = {zone: rank for rank, zone in enumerate(PEOPLED)}
    at_home = {code: count for code, count in people.items() if count >= HOME * people.total()}
    fitting.sort(key=lambda zone: (-at_home.get(homes.get(zone, ""), 0), ranks.get(zone, len(ranks)), zone))
    return {"zones": tuple(fitting), "off": best, "off_in_utc": off.get("UTC", 0.0)}


def _people(countries: Counts, hosts: Counts) -> Counter[str]:
    """How many events speak for a territory: those of people in it; where none tells, those of its hosts."""
    codes = {str(name).casefold(): code for code, name in Locale("en").territories.items()}
    told = Counter({codes[name.casefold()]: count for name, count in countries.items() if name.casefold() in codes})
    if told:
        return told
    ends = ((host.rpartition(".")[2].upper(), count) for host, count in hosts.items())
    by_end: Counter[str] = Counter()
    for end, count in ends:
        by_end["GB" if end == "UK" else end] += count
    return by_end
