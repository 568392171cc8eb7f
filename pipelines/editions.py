"""The edition of a report that an audience gets: drawn once for all that read the same, and where its files go."""

from collections.abc import Callable
from functools import cache

from models.errors import SojournError
from models.periods import Period
from models.recipients import Audience
from models.settings import Settings
from pipelines.mailing.report import Edition
from pipelines.report.drawing import draw_report
from pipelines.report.pictures import Pictures
from pipelines.report.rendering import Reader, Report
from pipelines.turns import Turn
from transforms.readers import ALL
from transforms.segments import segment_title
from transforms.wording import words_in

Draw = Callable[[Reader], tuple[Report, Pictures | None]]


class DeliveryError(SojournError):
    """A report that did not get to everybody."""


def drawing(settings: Settings, tell: Callable[[str], None]) -> Draw:
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
