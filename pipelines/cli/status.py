"""`sojourn status`: what is loaded, what is missing, how the last night ended, and what is published."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta

from rich.console import Console
from rich.text import Text

from models.errors import SojournError
from models.periods import day_ranges
from models.settings import Settings
from pipelines.cli.audiences import standing_of
from pipelines.cli.nights import read_records
from pipelines.held import held_days, in_words
from pipelines.ledger import Ledger
from pipelines.locking import holder, is_running
from pipelines.looking import last_seen
from pipelines.places import keeps_records
from pipelines.published_file import open_published
from pipelines.standing import read_due, read_standing
from pipelines.turns import read_turns
from pipelines.versions import Version, kept_versions, published_version
from pipelines.zones import local_time, told_time

Line = tuple[str, str]


def show_status(settings: Settings, console: Console) -> None:
    """Say where things stand, in a screen. Only what is published and recorded is read: no run has to wait for it."""
    lines = [*_tables(settings), *_files(settings), *_reports(settings)]
    is_going_on = is_running(settings)
    night, checks = _records(settings, bool(is_going_on))
    lines += [*_running(settings, is_going_on), *night, *_look(settings), *checks]
    for name, text in lines:
        console.print(Text.assemble((f"{name:<14}", "bold"), text))


def _tables(settings: Settings) -> Iterator[Line]:
    if not settings.database.exists():
        yield "loaded", f"nothing is published at {settings.database} yet: `sojourn run EXPORTS` loads exports"
        return
    standing = read_standing(settings)
    days = standing.days
    yield "loaded", f"{days[0]} to {standing.last_day}: {len(days):,} days, {standing.events:,} events"
    yield "gaps", day_ranges(standing.gaps) or "none"
    if standing.feed_files:
        files = "file" if standing.feed_files == 1 else "files"
        yield "feeds", f"{standing.feed_files:,} {files}, {standing.feed_events:,} events"
    yield "provisional", f"{day_ranges(standing.provisional)}: GA4 may still change them"
    yesterday = local_time(datetime.now(UTC), settings.timezone).date() - timedelta(days=1)
    if standing.is_live:
        yield "late", day_ranges(standing.late(yesterday)) or "nothing up to yesterday"
    else:
        yield "historic", f"ends on {standing.last_day}, long before it was loaded: no later day is missed"
    with open_published(settings) as connection:
        held = held_days(connection)
    if held:
        yield "held back", in_words(held)
    yield from _to_load(settings, days)


def _to_load(settings: Settings, loaded: Sequence[date]) -> Iterator[Line]:
    try:
        due = read_due(settings)
    except SojournError as error:
        yield "to load", f"unknown: {error}"
        return
    if due.vanished:
        fate = "stay loaded" if settings.vanished_days == "keep" else "go with the next run"
        yield "without files", f"{day_ranges(due.vanished)}: {fate}"
    parts = {
        "new": [day for day in due.days if day not in loaded],
        "changed": [day for day in due.days if day in loaded],
    }
    told = [f"{what}: {day_ranges(days)}" for what, days in parts.items() if days]
    yield "to load", "; ".join([*told, *(["the feeds"] if due.are_feeds_due else [])]) or "nothing"


def _files(settings: Settings) -> Iterator[Line]:
    published = published_version(settings)
    if published:
        when = _time(published.published_at, settings)
        yield "published", f"{settings.database}, {_megabytes(published)}, {when}"
    kept = kept_versions(settings)
    if kept:
        names = ", ".join(
            f"{version.name} ({_time(version.published_at, settings)}, {_megabytes(version)})" for version in kept
        )
        yield "kept", f"{names}; `sojourn rollback` puts the first back"


def _reports(settings: Settings) -> Iterator[Line]:
    """What was last sent to each audience, and what waits and why."""
    if not settings.audiences or not settings.database.exists():
        return
    ledger = Ledger(settings)
    for number, turn in enumerate(read_turns(settings, ledger)):
        yield "" if number else "reports", standing_of(turn, ledger, settings)


def _running(settings: Settings, is_going_on: bool | None) -> Iterator[Line]:
    pid = holder(settings)
    yield "running now", {True: f"yes, process {pid}" if pid else "yes", False: "no", None: "unknown"}[is_going_on]


def _records(settings: Settings, is_going_on: bool) -> tuple[Sequence[Line], Sequence[Line]]:
    """What Dagster's records say: of the last night, and of the checks."""
    if not keeps_records():
        return [("last night", "unknown: without a dagster.yaml here, or DAGSTER_HOME, no records are kept")], []
    return read_records(settings, is_going_on)


def _look(settings: Settings) -> Iterator[Line]:
    """When a run last looked for something to do and found nothing, if none has begun since."""
    seen = last_seen(settings)
    if seen and seen.looked_at:
        yield "last look", f"{_time(datetime.fromisoformat(seen.looked_at), settings)}: nothing new"


def _time(moment: datetime, settings: Settings) -> str:
    return told_time(moment, settings.timezone)


def _megabytes(version: Version) -> str:
    return f"{version.path.stat().st_size / 1e6:,.1f} MB"
