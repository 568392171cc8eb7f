"""`sojourn send`: sends the report to whose turn it is, or says what would be sent; and how far each audience is."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from itertools import groupby

from rich.console import Console

from models.errors import SojournError
from models.periods import Period
from models.settings import Settings
from pipelines.attempts import attempt
from pipelines.delivery import deliver
from pipelines.editions import Draw, are_attached, drawing, edition_of, folder_of
from pipelines.hiding import hide
from pipelines.ledger import Entry, Ledger
from pipelines.locking import is_running, run_lock
from pipelines.mailing.report import Edition, mail_of
from pipelines.places import base_name
from pipelines.turns import FOLDER, WEBHOOK, Turn, read_turns
from pipelines.zones import told_time


def send_report(settings: Settings, only: str | None, again: bool, console: Console) -> None:
    """Send what waits, and say how far each audience is then.

    Raises:
        DeliveryError: if the report did not get to everybody.
        SettingsError: if there is no such audience, or none at all.
        LockedError: if a run goes on: it sends the report itself.
        WarehouseError: if nothing is published.
    """
    say = partial(console.print, markup=False)
    with run_lock(settings, say):
        deliver(settings, say, only, again)
    ledger = Ledger(settings)
    for turn in read_turns(settings, ledger, only):
        say(f"audience  {standing_of(turn, ledger, settings)}")


def show_plan(settings: Settings, only: str | None, again: bool, console: Console) -> None:
    """Say of each audience what would be sent, and why nothing would; nothing is written and nothing sent.

    Raises:
        SettingsError: if there is no such audience, or none at all.
        WarehouseError: if nothing is published.
    """
    say = partial(console.print, markup=False)
    ledger, draw = Ledger(settings), drawing(settings, say)
    for turn in read_turns(settings, ledger, only, again):
        say(f"audience  {standing_of(turn, ledger, settings)}")
        if turn.period and turn.ways:
            for name, line in _planned(settings, turn, turn.period, draw):
                say(f"  {name:<8}{line}")


def standing_of(turn: Turn, ledger: Ledger, settings: Settings) -> str:
    """What an audience had last, what waits for it and why, and of what it is unsure whether it arrived."""
    parts = [*_had(ledger.entries(turn.name), settings), *_waiting(turn, ledger), *_unsure(turn, settings)]
    if turn.why_not:
        parts.append(turn.why_not)
    return f"{turn.name}: {'; '.join(parts)}"


def _had(entries: list[Entry], settings: Settings) -> Iterator[str]:
    sent = [entry for entry in entries if entry.state == "sent"]
    if sent:
        last = max(sent, key=lambda entry: entry.at)
        when = told_time(datetime.fromisoformat(last.at), settings.timezone)
        ways = ", ".join(entry.way for entry in sent if entry.period == last.period)
        yield f"{last.period} was sent {when} by {ways}"


def _waiting(turn: Turn, ledger: Ledger) -> Iterator[str]:
    """What waits, the ways that wait for the same reason together."""
    if turn.period is None:
        return
    steps = [(way, ledger.last(turn.name, turn.period.name, way)) for way in turn.ways]
    reasons = [(step.why if step and step.state == "failed" else "", way) for way, step in steps]
    for why, ways in groupby(sorted(reasons, key=lambda reason: reason[0]), key=lambda reason: reason[0]):
        told = ", ".join(way for _, way in ways)
        yield f"{turn.period.name} waits for {told}{f' ({why})' if why else ''}"


def _unsure(turn: Turn, settings: Settings) -> Iterator[str]:
    """A sending that was begun and not ended, unless a run is at it now."""
    if turn.unsure and not is_running(settings):
        ways = ", ".join(f"{entry.way} ({entry.why})" if entry.why else entry.way for entry in turn.unsure)
        again = f"`sojourn send --audience {turn.name} --again` sends it anew"
        yield f"unsure whether {turn.unsure[0].period} arrived by {ways}: {again}"


def _planned(settings: Settings, turn: Turn, period: Period, draw: Draw) -> Iterator[tuple[str, str]]:
    edition = attempt(partial(edition_of, settings, turn, period, draw))
    if isinstance(edition, SojournError):
        yield "cannot", hide(str(edition), settings)
        return
    yield "subject", edition.subject
    recipients = [way.removeprefix("mail ") for way in turn.ways if way not in (WEBHOOK, FOLDER)]
    if recipients:
        size = attempt(partial(_mail_size, settings, turn, edition, recipients[0]))
        fault = hide(f"cannot be sent: {size}", settings) if isinstance(size, SojournError) else None
        yield "mail", f"to {', '.join(recipients)}: {fault or size}"
    if WEBHOOK in turn.ways:
        yield "webhook", f"{len(edition.text):,} characters"
    if FOLDER in turn.ways:
        more = len(edition.files) - len(edition.attachments)
        yield (
            "folder",
            f"{folder_of(edition, turn.audience)}: {_listed(edition.attachments)}, {more} figures and tables",
        )


def _mail_size(settings: Settings, turn: Turn, edition: Edition, recipient: str) -> str:
    is_attached = are_attached(edition, turn.audience)
    mail = mail_of(edition, settings.mail.sender or "", recipient, base_name(settings), is_attached)
    what = f"attached {_listed(edition.attachments)}" if is_attached else f"linked {edition.link}"
    return f"{len(mail.as_bytes()) / 1e6:.1f} MB, {what}"


def _listed(files: dict[str, bytes]) -> str:
    return ", ".join(f"{name} ({len(content) / 1e6:.1f} MB)" for name, content in files.items())
