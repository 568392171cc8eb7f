"""The files of a report: the page, its PDF, a picture of each figure, and each table as CSV."""

from pipelines.places import PAGE, PDF
from pipelines.report.cells import csv_bytes
from pipelines.report.pictures import Pictures
from pipelines.report.rendering import Report


def files_of(report: Report, pictures: Pictures | None) -> dict[str, bytes]:
    """All files of a report by name, the page last.

    Args:
        report: what it tells.
        pictures: of its figures, and its PDF; None where they cannot be drawn.
    """
    tables = {f"tables/{name}.csv": csv_bytes(frame) for name, frame in report.tables.items()}
    figures = {f"figures/{name}.png": png for name, png in pictures.pngs.items()} if pictures else {}
    printed = {PDF: pictures.pdf} if pictures else {}
    return {**tables, **figures, **printed, PAGE: report.page.encode()}
