"""`sojourn send`: sends the report to whose turn it is, or says what would be sent."""

from collections.abc import Iterator
from functools import partial

from rich.console import Console

from models.errors import SojournError
from models.periods import Period
from models.settings import Settings
from pipelines.attempts import attempt
from pipelines.cli.audiences import standing_of
from pipelines.delivery import deliver
from pipelines.editions import Draw, are_attached, drawing, edition_of, folder_of
from pipelines.hiding import hide
from pipelines.ledger import Ledger
from pipelines.locking import run_lock
from pipelines.mailing.report import Edition, mail_of
from pipelines.places import base_name
from pipelines.turns import FOLDER, WEBHOOK, Turn, read_turns


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
