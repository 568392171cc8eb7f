"""Writing the page from the published file."""

from datetime import timedelta
from pathlib import Path

import duckdb

from models.settings import Settings
from pipelines.report.page import PageFacts, write_page
from pipelines.warehouse import WarehouseError

TABLES = ("lifecycle", "phase_metrics", "transitions", "touchpoints_before_purchase", "kpis", "quality")


def write_report(settings: Settings) -> Path:
    """Write the funnel page from the published file's marts into the directory of reports.

    Raises:
        WarehouseError: if the directory cannot be written.
    """
    with duckdb.connect(settings.database, read_only=True) as connection:
        tables = {name: connection.sql(f"FROM {name}").pl() for name in TABLES}
        days = connection.execute("SELECT min(export_day), max(export_day) FROM loads").fetchone() or (None, None)
    facts = PageFacts(
        first_day=days[0],
        last_day=days[1],
        timezone=settings.timezone,
        window_days=settings.journey_window / timedelta(days=1),
        language="en",
    )
    try:
        return write_page(tables, facts, settings.reports)
    except OSError as error:
        raise WarehouseError(f"{settings.reports} cannot be written: {error.strerror or error}") from error
