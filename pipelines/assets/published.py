"""The last layer: the file that analysts open and the page that stakeholders read."""

from time import perf_counter

import dagster as dg

from models.settings import Settings
from models.tables import MARTS
from pipelines.assets.retries import retrying
from pipelines.progress import Progress
from pipelines.publishing import publish
from pipelines.report.writing import write_graphs, write_report
from pipelines.stale import clear_stale
from pipelines.unchecked import clear_unchecked, have_all_passed
from pipelines.warehouse import open_build


@dg.asset(deps=[table.name for table in MARTS], group_name="published", kinds={"duckdb"})
def published_database(
    settings: dg.ResourceParam[Settings], progress: dg.ResourceParam[Progress]
) -> dg.MaterializeResult[None]:
    """The file that analysts open: every table with its comments, a whole version at any time."""
    started = perf_counter()
    progress.begin("publishing")
    with retrying(settings), open_build(settings) as connection:
        if have_all_passed(connection):
            clear_unchecked(connection)
            clear_stale(connection)
        size = publish(connection, settings)
    return dg.MaterializeResult(
        metadata={
            "path": dg.MetadataValue.path(settings.database),
            "megabytes": round(size / 1e6, 1),
            "seconds": round(perf_counter() - started, 3),
        }
    )


@dg.asset(deps=[published_database], group_name="published", kinds={"networkx"})
def transition_graph(settings: dg.ResourceParam[Settings]) -> dg.MaterializeResult[None]:
    """The transitions up to the purchase as GraphML, for graph tools: between phases, and between touchpoints."""
    paths = write_graphs(settings)
    return dg.MaterializeResult(metadata={path.stem: dg.MetadataValue.path(path) for path in paths})


@dg.asset(deps=[published_database], group_name="published", kinds={"plotly", "html"})
def funnel_page(
    settings: dg.ResourceParam[Settings], progress: dg.ResourceParam[Progress]
) -> dg.MaterializeResult[None]:
    """The page that stakeholders read, made from the published file."""
    progress.begin("drawing the page")
    page = write_report(settings)
    return dg.MaterializeResult(metadata={"path": dg.MetadataValue.path(page), "megabytes": page.stat().st_size / 1e6})
