"""A report with its pictures: it is made while the browser that draws them starts."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from models.settings import Settings
from pipelines.report.pictures import Pictures, PicturesError, draw_pictures
from pipelines.report.rendering import Reader, Report, read_report


def draw_report(settings: Settings, reader: Reader, tell: Callable[[str], None]) -> tuple[Report, Pictures | None]:
    """Make the report of a published file, and draw its pictures and PDF.

    Args:
        settings: as for `read_report`.
        reader: whom it is for.
        tell: is told, in a line, where this machine cannot draw; the report then goes without.

    Raises:
        NoSegmentError: if no journey has their segment.
        LifecycleError: as for `read_report`.
    """
    with ThreadPoolExecutor(1) as making:
        report = making.submit(read_report, settings, reader)
        try:
            pictures = draw_pictures(report)
        except PicturesError as error:
            tell(f"the report goes without pictures and PDF: {error}")
            pictures = None
        return report.result(), pictures
