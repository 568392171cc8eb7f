"""Delivering the report: sending it to every audience whose turn it is, by every way to them, once a period.

What fails for one way or one audience, foreseen or not, does not keep the others from theirs; the next night, or
Dagster's next try, sends what is missing. Only a ledger that cannot be written stops all.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from smtplib import SMTP

from models.errors import SojournError
from models.settings import Settings
from pipelines.attempts import LOG, Log, Result, attempt
from pipelines.editions import DeliveryError, Draw, are_attached, drawing, edition_of, folder_of
from pipelines.folders import copy_files
from pipelines.hiding import hide
from pipelines.ledger import Ledger, State
from pipelines.mailing.report import Edition, mail_of
from pipelines.mailing.smtp import ServerError, UnsureError, open_server, send
from pipelines.places import base_name
from pipelines.turns import FOLDER, WEBHOOK, Turn, read_turns
from pipelines.webhooks import post

Tell = Callable[[str], None]
Outcome = tuple[str, SojournError | None]
"""A way, and what kept the report from going by it."""


class UnreachedError(DeliveryError):
    """A report that did not get to everybody, but may if it is sent again a little later."""

    is_transient = True


def deliver(settings: Settings, tell: Tell, only: str | None = None, again: bool = False, log: Log = LOG.error) -> None:
    """Send the report to every audience whose turn it is. The caller holds the lock of the database.

    Args:
        settings: `audiences` and `mail` are used.
        tell: is told, a line each, what was sent by which way, and what cannot be drawn.
        only: name of an audience; the others wait.
        again: send also what was sent, or may have been.
        log: is given the traceback of a defect.

    Raises:
        DeliveryError: if it did not get to everybody: one line that names each, and why.
        SettingsError: if there is no such audience, or none at all.
        WarehouseError: if nothing is published.
        LedgerError: if what is sent cannot be noted.
    """
    ledger = Ledger(settings)
    round_ = _Round(settings, ledger, drawing(settings, tell), log)
    faults: dict[str, SojournError] = {}
    for turn in read_turns(settings, ledger, only, again):
        for way, fault in round_.serve(turn):
            if fault is None:
                tell(f"sent      {turn.name}: {way}")
            else:
                faults[f"{turn.name}: {way}: {round_.words(fault)}"] = fault
    if faults:
        kind = UnreachedError if any(fault.is_transient for fault in faults.values()) else DeliveryError
        raise kind(f"the report did not get to everybody: {'; '.join(faults)}")


@dataclass(frozen=True)
class _Round:
    """One round of sending: with the ledger in which each step is noted."""

    settings: Settings
    ledger: Ledger
    draw: Draw
    log: Log

    def serve(self, turn: Turn) -> Iterator[Outcome]:
        """Send an edition by all ways that wait."""
        if turn.period is None or not turn.ways:
            return
        edition = self._attempt(partial(edition_of, self.settings, turn, turn.period, self.draw))
        if isinstance(edition, SojournError):
            yield "nothing was sent", self._all_failed(turn, turn.ways, edition)
            return
        yield from self._serve_by_mail(turn, edition)
        acts = {WEBHOOK: partial(_post, turn, edition), FOLDER: partial(_copy, turn, edition)}
        for way, act in acts.items():
            if way in turn.ways:
                yield way, self._noted(turn, way, act)

    def words(self, fault: SojournError) -> str:
        """What is told of a fault: one line without the secrets of the settings."""
        return hide(" ".join(str(fault).split()), self.settings)

    def _serve_by_mail(self, turn: Turn, edition: Edition) -> Iterator[Outcome]:
        """Send a mail to each who waits; when the server goes away, who has none yet waits on."""
        waiting = [way for way in turn.ways if way not in (WEBHOOK, FOLDER)]
        if not waiting:
            return
        with ExitStack() as stack:
            ready = self._attempt(
                lambda: (are_attached(edition, turn.audience), stack.enter_context(open_server(self.settings.mail)))
            )
            if isinstance(ready, SojournError):
                yield "mail", self._all_failed(turn, waiting, ready)
                return
            for way in waiting:
                fault = self._noted(turn, way, partial(self._mail, edition, way.removeprefix("mail "), *ready))
                yield way, fault
                if isinstance(fault, ServerError | UnsureError):
                    return

    def _mail(self, edition: Edition, recipient: str, has_attachments: bool, server: SMTP) -> None:
        sender, database = self.settings.mail.sender or "", base_name(self.settings)
        send(server, mail_of(edition, sender, recipient, database, has_attachments), recipient)

    def _all_failed(self, turn: Turn, ways: Iterable[str], error: SojournError) -> SojournError:
        for way in ways:
            self._note(turn, way, "failed", self.words(error))
        return error

    def _noted(self, turn: Turn, way: str, act: Callable[[], None]) -> SojournError | None:
        """Send by one way, with a note before and after; what is unsure afterwards stays begun."""
        self._note(turn, way, "begun")
        fault = self._attempt(act)
        if isinstance(fault, SojournError):
            self._note(turn, way, "begun" if isinstance(fault, UnsureError) else "failed", self.words(fault))
        else:
            self._note(turn, way, "sent")
        return fault

    def _note(self, turn: Turn, way: str, state: State, why: str = "") -> None:
        self.ledger.note(turn.name, turn.period.name if turn.period else "", way, state, why)

    def _attempt(self, act: Callable[[], Result]) -> Result | SojournError:
        return attempt(act, lambda told: self.log(hide(told, self.settings)))


def _post(turn: Turn, edition: Edition) -> None:
    if turn.audience.webhook_url:
        post(turn.audience.webhook_url.get_secret_value(), edition.text)


def _copy(turn: Turn, edition: Edition) -> None:
    copy_files(folder_of(edition, turn.audience), edition.files)
