"""`sojourn run` where nothing is new: one line, and what even such a night has to tell; nothing heavy is imported."""

from datetime import UTC, date, datetime

from rich.console import Console

from models.errors import SojournError
from models.settings import Settings
from models.sql import read_sql
from pipelines import standing
from pipelines.ledger import Ledger
from pipelines.locking import lock_if_free
from pipelines.looking import Seen, is_as_left, note_looked
from pipelines.published_file import open_published
from pipelines.turns import read_turns
from pipelines.versions import published_version
from pipelines.zones import LAST_DAY, local_time, told_time

LATE = "events: are_fresh: "
"""What a warning begins with that the clock decides, as `pipelines.health` writes it."""


def ends_here(settings: Settings, goes_by: str | None, console: Console) -> bool:
    """Say that nothing is new, if that is certain and nothing else is to be done; whether it was so.

    Checks that warned in the last run warn again, and a last day that is late by now: whom `alerts` names is told, as
    by any run. A report that is due, a late day that blocks, and a lock that another run holds are for a whole run.
    """
    if goes_by is None or is_as_left(settings, goes_by) is None:
        return False
    with lock_if_free(settings) as is_held:
        seen = is_as_left(settings, goes_by) if is_held else None
        try:
            if seen is None or _is_report_due(settings):
                return False
            last_day, late = _freshness(settings)
        except SojournError:
            return False
        if late and settings.health == "block":
            return False
        note_looked(settings, seen)
    _tell(settings, seen, last_day, late, console)
    return True


def _tell(settings: Settings, seen: Seen, last_day: date, late: list[str], console: Console) -> None:
    published = published_version(settings)
    when = told_time(published.published_at, settings.timezone) if published else ""
    console.print(f"nothing new: {settings.database.absolute()}, published {when}, is as of {last_day}", markup=False)
    for line in seen.told:
        console.print(line, markup=False)
    odd = [*late, *(line for line in seen.odd if not line.startswith(LATE))]
    for line in odd:
        console.print(f"look at   {line}", markup=False)
    if settings.alerts.is_on:
        from pipelines.alerts import tell_of_run

        for line in tell_of_run(settings, None, odd):
            console.print(line, markup=False)


def _is_report_due(settings: Settings) -> bool:
    return bool(settings.served) and any(turn.ways for turn in read_turns(settings, Ledger(settings)))


def _freshness(settings: Settings) -> tuple[date, list[str]]:
    """The last day with events of its own, and what the check says of it that holds it against the clock."""
    today = local_time(datetime.now(UTC), settings.timezone).date()
    with open_published(settings) as connection:
        last_day = connection.execute(f"SELECT {LAST_DAY}").fetchall()[0][0]
        variables = {
            "today": today,
            "last_day": last_day,
            "late_after_days": settings.late_after_days,
            "live_days": standing.LIVE_DAYS,
        }
        for name, value in variables.items():
            connection.execute(f"SET VARIABLE {name} = ?", [value])
        late = connection.execute(read_sql("health/events__are_fresh")).fetchall()
    return last_day, [f"{LATE}{alarm}" for _, alarm in late if settings.health != "off"]
