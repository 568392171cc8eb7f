"""Delivering the report: sending it to every audience whose turn it is, by every way to them, once a period.

What fails for one way or one audience does not keep the others from theirs; the next night, or Dagster's next try,
sends what is missing.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import cache, partial

from models.errors import SojournError
from models.periods import Period
from models.recipients import Audience
from models.settings import Settings
from pipelines.folders import copy_files
from pipelines.ledger import Ledger, State
from pipelines.mailing.report import Edition, mail_of
from pipelines.mailing.smtp import ServerError, UnsureError, open_server, send
from pipelines.report.drawing import draw_report
from pipelines.report.pictures import Pictures
from pipelines.report.rendering import Reader, Report
from pipelines.turns import FOLDER, WEBHOOK, Turn, read_turns
from pipelines.webhooks import post
from transforms.readers import ALL
from transforms.segments import segment_title
from transforms.wording import words_in

Tell = Callable[[str], None]
Draw = Callable[[Reader], tuple[Report, Pictures | None]]
Outcome = tuple[str, SojournError | None]
"""A way, and what kept the report from going by it."""


class DeliveryError(SojournError):
    """A report that did not get to everybody."""


class UnreachedError(DeliveryError):
    """A report that did not get to everybody, but may if it is sent again a little later."""

    is_transient = True


def deliver(settings: Settings, tell: Tell, only: str | None = None, again: bool = False) -> None:
    """Send the report to every audience whose turn it is. The caller holds the lock of the database.

    Args:
        settings: `audiences` and `mail` are used.
        tell: is told, a line each, what was sent by which way, and what cannot be drawn.
        only: name of an audience; the others wait.
        again: send also what was sent, or may have been.

    Raises:
        DeliveryError: if it did not get to everybody: one line that names each, and why.
        SettingsError: if there is no such audience, or none at all.
        WarehouseError: if nothing is published.
        LedgerError: if what is sent cannot be noted.
    """
    ledger, draw = Ledger(settings), drawing(settings, tell)
    faults: dict[str, SojournError] = {}
    for turn in read_turns(settings, ledger, only, again):
        for way, fault in _serve(settings, turn, ledger, draw):
            if fault is None:
                tell(f"sent      {turn.name}: {way}")
            else:
                faults[f"{turn.name}: {way}: {fault}"] = fault
    if faults:
        kind = UnreachedError if any(fault.is_transient for fault in faults.values()) else DeliveryError
        raise kind(f"the report did not get to everybody: {'; '.join(faults)}")


def drawing(settings: Settings, tell: Tell) -> Draw:
    """A way to draw the report of a reader with its pictures, once for all audiences that read the same.

    Where this machine cannot draw pictures and PDF, the report goes without them, and that is told once.
    """
    say_once = cache(tell)
    return cache(lambda reader: draw_report(settings, reader, say_once))


def edition_of(settings: Settings, turn: Turn, period: Period, draw: Draw) -> Edition:
    """The report of an audience for a period.

    Raises:
        NoSegmentError: if no journey has their segment.
        LifecycleError: if their language needs the titles of a lifecycle that cannot be used.
    """
    audience = turn.audience
    reader = Reader(audience.language or settings.language, audience.dimension_and_value, audience.rhythm)
    report, pictures = draw(reader)
    words = words_in(reader.language)
    link = (audience.page_link or "").replace("{audience}", turn.name).replace("{period}", period.name)
    segment = "" if reader.segment == ALL else segment_title(*reader.segment, words)
    return Edition(report, pictures, turn.name, period, segment, link or None, words)


def are_attached(edition: Edition, audience: Audience) -> bool:
    """Whether page and PDF are small enough to be attached.

    Raises:
        DeliveryError: if they are not, and there is no link to them.
    """
    size = sum(map(len, edition.attachments.values()))
    if size <= audience.attach_up_to:
        return True
    if edition.link:
        return False
    raise DeliveryError(
        f"page and PDF are {size / 1e6:.1f} MB, more than attach_up_to ({audience.attach_up_to / 1e6:g} MB), and there"
        " is no page_link: set it, or raise attach_up_to"
    )


def folder_of(edition: Edition, audience: Audience) -> str:
    """Where the files of an edition go: a folder for the audience, and in it one for the period."""
    return f"{(audience.folder or '').rstrip('/')}/{edition.audience}/{edition.period.name}"


def _serve(settings: Settings, turn: Turn, ledger: Ledger, draw: Draw) -> Iterator[Outcome]:
    """Send an edition by all ways that wait."""
    if turn.period is None or not turn.ways:
        return
    try:
        edition = edition_of(settings, turn, turn.period, draw)
    except SojournError as error:
        yield "nothing was sent", _all_failed(ledger, turn, turn.ways, error)
        return
    yield from _serve_by_mail(settings, turn, edition, ledger)
    acts = {
        WEBHOOK: lambda: post(turn.audience.webhook_url or "", edition.text),
        FOLDER: lambda: copy_files(folder_of(edition, turn.audience), edition.files),
    }
    for way, act in acts.items():
        if way in turn.ways:
            yield way, _noted(ledger, turn, way, act)


def _serve_by_mail(settings: Settings, turn: Turn, edition: Edition, ledger: Ledger) -> Iterator[Outcome]:
    """Send a mail to each who waits; when the server goes away, who has none yet waits on."""
    waiting = [way for way in turn.ways if way not in (WEBHOOK, FOLDER)]
    if not waiting:
        return
    try:
        has_attachments = are_attached(edition, turn.audience)
        with open_server(settings.mail) as server:
            for way in waiting:
                mail = mail_of(edition, settings.mail.sender or "", _to(way), settings.database.stem, has_attachments)
                fault = _noted(ledger, turn, way, partial(send, server, mail, _to(way)))
                yield way, fault
                if isinstance(fault, ServerError | UnsureError):
                    return
    except (ServerError, DeliveryError) as error:
        yield "mail", _all_failed(ledger, turn, waiting, error)


def _to(way: str) -> str:
    return way.removeprefix("mail ")


def _all_failed(ledger: Ledger, turn: Turn, ways: Iterable[str], error: SojournError) -> SojournError:
    for way in ways:
        _note(ledger, turn, way, "failed", str(error))
    return error


def _noted(ledger: Ledger, turn: Turn, way: str, act: Callable[[], None]) -> SojournError | None:
    """Send by one way, with a note before and after; what is unsure afterwards stays begun."""
    _note(ledger, turn, way, "begun")
    try:
        act()
    except UnsureError as error:
        _note(ledger, turn, way, "begun", str(error))
        return error
    except SojournError as error:
        _note(ledger, turn, way, "failed", str(error))
        return error
    _note(ledger, turn, way, "sent")
    return None


def _note(ledger: Ledger, turn: Turn, way: str, state: State, why: str = "") -> None:
    ledger.note(turn.name, turn.period.name if turn.period else "", way, state, why)
