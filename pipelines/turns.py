"""Whose turn it is to get the report: an audience's comes when a whole period of its rhythm is loaded."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from models.periods import Period, last_period, period_of
from models.recipients import Audience
from models.settings import Settings, SettingsError
from pipelines.ledger import Entry, Ledger
from pipelines.published_file import open_published
from pipelines.zones import LAST_DAY

WEBHOOK, FOLDER = "webhook", "folder"
DAYS = f"SELECT min(export_day), {LAST_DAY}, bool_or(is_final) FILTER (export_day = {LAST_DAY}) FROM loads"


@dataclass(frozen=True)
class Turn:
    """What an audience is to get.

    Args:
        name: of the audience.
        audience: as the settings have it.
        period: the last whole one; None where none is loaded whole, or another night serves the audience.
        ways: that wait for it: `mail` and an address, `webhook`, `folder`.
        why_not: why nothing waits; empty where something does.
        unsure: sendings that were cut off: whoever was to have them may have them or not.
    """

    name: str
    audience: Audience
    period: Period | None
    ways: tuple[str, ...]
    why_not: str
    unsure: tuple[Entry, ...] = ()


def read_turns(settings: Settings, ledger: Ledger, only: str | None = None, again: bool = False) -> list[Turn]:
    """Tell of each audience what waits for it, or why nothing does, in the order of the settings.

    Args:
        settings: `audiences` is used.
        ledger: what was sent.
        only: name of an audience; the others are left out.
        again: let also that wait which was sent, or may have been.

    Raises:
        SettingsError: if there is no such audience, or none at all.
        WarehouseError: if nothing is published.
    """
    if not settings.audiences:
        raise SettingsError("no audience is set, so there is nobody to send the report to; docs/delivery.md has more")
    if only is not None and only not in settings.audiences:
        raise SettingsError(f"there is no audience '{only}'; there is {', '.join(settings.audiences)}")
    days = whole_days(settings)
    return [_turn(settings, name, days, ledger, again) for name in settings.audiences if only in (None, name)]


def whole_days(settings: Settings) -> tuple[date, date] | None:
    """The first day that is loaded and the last one that is over; None without any.

    The last day is not over while there is only an intraday or fresh table of it.

    Raises:
        WarehouseError: if nothing is published.
    """
    with open_published(settings) as connection:
        first, last, is_final = connection.execute(DAYS).fetchone() or (None, None, None)
    return (first, last if is_final else last - timedelta(days=1)) if first else None


def ways_of(audience: Audience) -> Iterator[str]:
    """The ways to an audience, as the ledger calls them."""
    yield from dict.fromkeys(f"mail {address}" for address in audience.email_to)
    if audience.webhook_url:
        yield WEBHOOK
    if audience.folder:
        yield FOLDER


def _turn(settings: Settings, name: str, days: tuple[date, date] | None, ledger: Ledger, again: bool) -> Turn:
    audience = settings.audiences[name]
    if name not in settings.served:
        return Turn(name, audience, None, (), f"the night with lifecycle {audience.lifecycle} serves them")
    if days is None:
        return Turn(name, audience, None, (), "no day is loaded")
    first, last = days
    period = last_period(audience.rhythm, last)
    if period.first < first:
        return Turn(name, audience, None, (), f"{period.name} is not loaded whole: the first day is {first}")
    steps = {way: ledger.last(name, period.name, way) for way in ways_of(audience)}
    waiting = tuple(way for way, step in steps.items() if again or _waits(step))
    unsure = tuple(step for step in steps.values() if step and step.state == "begun" and not _waits(step))
    following = period_of(audience.rhythm, period.last + timedelta(days=1))
    why_not = "" if waiting else f"{following.name} ends on {following.last}"
    return Turn(name, audience, period, waiting, why_not, unsure)


def _waits(step: Entry | None) -> bool:
    """What failed waits for another try; so does a copy that was cut off, for to copy twice does no harm."""
    return step is None or step.state == "failed" or (step.state == "begun" and step.way == FOLDER)
