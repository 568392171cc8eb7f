"""Writing the page, and all files of a report, from the published file."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from models.settings import Settings
from pipelines.files import write_whole
from pipelines.places import WarehouseError, page_path
from pipelines.report.drawing import draw_report
from pipelines.report.files import files_of
from pipelines.report.rendering import Reader, read_report


def write_report(settings: Settings) -> Path:
    """Write the funnel page from the published file's marts, as they were told, into the directory of reports.

    Raises:
        WarehouseError: if the directory cannot be written.
    """
    page = read_report(settings, Reader()).page
    with writing(settings.reports):
        return write_whole(page_path(settings), page.encode())


def write_files(settings: Settings, reader: Reader, folder: Path, tell: Callable[[str], None]) -> list[str]:
    """Write all files of a reader's report: the page, its PDF, a picture of each figure, and each table as CSV.

    Where this machine cannot draw pictures and PDF, the others are written, and that is told.

    Args:
        settings: where the published file stands.
        reader: whom the report is for.
        folder: made where it is missing.
        tell: is told, in a line, what cannot be drawn.

    Returns:
        the names of the files, the page last.

    Raises:
        NoSegmentError: if no journey has their segment.
        WarehouseError: if the folder cannot be written.
    """
    report, pictures = draw_report(settings, reader, tell)
    files = files_of(report, pictures)
    with writing(folder):
        for name, content in files.items():
            write_whole(folder / name, content)
    return list(files)


@contextmanager
def writing(reports: Path) -> Iterator[None]:
    """Name the folder of reports in the failure where it cannot be written."""
    try:
        yield
    except OSError as error:
        raise WarehouseError(
            f"{reports} cannot be written: {error.strerror or error}; the page is as it was"
        ) from error
