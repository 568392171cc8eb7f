"""`sojourn report`: writes the page, its PDF, its pictures and its tables from the published file."""

from pathlib import Path

from rich.console import Console

from models.periods import Rhythm
from models.settings import Settings, SettingsError
from models.words import Language
from pipelines.places import PAGE, PDF
from pipelines.published_file import open_published
from pipelines.report.rendering import Reader
from pipelines.report.writing import write_files
from transforms.readers import ALL


def write_report_files(
    settings: Settings, language: Language | None, segment: str | None, rhythm: Rhythm, console: Console
) -> None:
    """Write the report for a reader into the folder of reports, and say where everything is.

    Raises:
        NoSegmentError: if no journey has the segment.
        WarehouseError: if nothing is published, or it cannot be read, or the folder cannot be written.
    """
    reader = Reader(language, _segment(segment), rhythm)
    with open_published(settings):
        names = write_files(settings, reader, settings.reports, lambda line: console.print(line, markup=False))
    console.print(f"page      {settings.reports / PAGE}", markup=False)
    if PDF in names:
        console.print(f"pdf       {settings.reports / PDF}", markup=False)
    for what in ("figures", "tables"):
        found = [name for name in names if Path(name).parent.name == what]
        if found:
            console.print(f"{what:<10}{settings.reports / what}: {len(found)}", markup=False)


def _segment(text: str | None) -> tuple[str, str]:
    if text is None:
        return ALL
    dimension, sign, value = text.partition("=")
    if not (dimension and sign and value):
        raise SettingsError(f"'{text}' is no segment; write dimension=value, such as device_category=mobile")
    return dimension, value
