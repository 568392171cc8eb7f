"""Writing the page and the graphs from the published file."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import polars as pl

from models.settings import Settings
from pipelines.files import write_whole
from pipelines.places import WarehouseError
from pipelines.report.page import PageFacts, write_page
from transforms.graph import graphml_bytes, transition_graph

TABLES = (
    "lifecycle",
    "phase_metrics",
    "transitions",
    "touchpoints_before_purchase",
    "kpis",
    "quality",
    "journey_map",
    "touchpoint_metrics",
)
FACTS = """
    SELECT
        (SELECT min(export_day) FROM loads) AS first_day,
        (SELECT max(export_day) FROM loads) AS last_day,
        journey_window_seconds / 86400 AS window_days,
        timezone,
        language
    FROM run_settings
"""


def write_graphs(settings: Settings) -> list[Path]:
    """Write the transitions up to the purchase as GraphML into the directory of reports, a file a level.

    Raises:
        WarehouseError: if the directory cannot be written.
    """
    with duckdb.connect(settings.database, read_only=True) as connection:
        edges = connection.sql("FROM transitions WHERE dimension = 'all' AND part = 'to_purchase'").pl()
    graphs = {level: transition_graph(edges.filter(pl.col("level") == level)) for level in ("phase", "touchpoint")}
    with _writing(settings.reports):
        return [
            write_whole(settings.reports / f"transitions_{level}.graphml", graphml_bytes(graph))
            for level, graph in graphs.items()
        ]


def read_tables(settings: Settings) -> tuple[dict[str, pl.DataFrame], PageFacts]:
    """The published file's marts that the page tells of, by name, and what they do not say of themselves."""
    with duckdb.connect(settings.database, read_only=True) as connection:
        tables = {name: connection.sql(f"FROM {name}").pl() for name in TABLES}
        return tables, PageFacts(**connection.sql(FACTS).pl().row(0, named=True))


def write_report(settings: Settings) -> Path:
    """Write the funnel page from the published file's marts, as they were told, into the directory of reports.

    Raises:
        WarehouseError: if the directory cannot be written.
    """
    tables, facts = read_tables(settings)
    with _writing(settings.reports):
        return write_page(tables, facts, settings.reports)


@contextmanager
def _writing(reports: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise WarehouseError(
            f"{reports} cannot be written: {error.strerror or error}; the page is as it was"
        ) from error
