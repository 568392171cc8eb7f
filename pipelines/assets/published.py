"""The last layer: the file that analysts open, the page that stakeholders read, and the way of it to them."""

from collections.abc import Iterator
from time import perf_counter

import dagster as dg

from models.settings import Settings
from models.tables import MARTS
from pipelines.assets.retries import retrying
from pipelines.checks import result_of
from pipelines.delivery import deliver
from pipelines.editions import DeliveryError
from pipelines.locking import note_build_is_shown, take_lock
from pipelines.progress import Progress
from pipelines.publishing import publish
from pipelines.report.graphs import write_graphs
from pipelines.report.writing import write_report
from pipelines.rules import ALONE, REACH
from pipelines.stale import clear_stale
from pipelines.unchecked import clear_unchecked, have_all_passed
from pipelines.warehouse import open_build


@dg.asset(
    deps=[table.name for table in MARTS],
    group_name="published",
    kinds={"duckdb"},
    check_specs=[
        dg.AssetCheckSpec(
            ALONE,
            asset="published_database",
            description="No other program has the published file open for writing, or left its log beside it.",
        )
    ],
)
def published_database(
    context: dg.AssetExecutionContext, settings: dg.ResourceParam[Settings], progress: dg.ResourceParam[Progress]
) -> Iterator[dg.MaterializeResult[None]]:
    """The file that analysts open: every table with its comments, a whole version at any time."""
    started = perf_counter()
    progress.begin("publishing")
    with retrying(settings), open_build(settings) as connection:
        if have_all_passed(connection):
            clear_unchecked(connection)
            clear_stale(connection)
        publication = publish(connection, settings)
    note_build_is_shown(settings, is_shown=True)
    for line in publication.warnings:
        context.log.warning(line)
    yield dg.MaterializeResult(
        metadata={
            "path": dg.MetadataValue.path(settings.database),
            "megabytes": round(publication.size / 1e6, 1),
            "seconds": round(perf_counter() - started, 3),
        },
        check_results=[result_of("published_database", ALONE, publication.warnings, dg.AssetCheckSeverity.WARN)],
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


@dg.asset(
    deps=[transition_graph, funnel_page],
    group_name="published",
    kinds={"email"},
    check_specs=[dg.AssetCheckSpec(REACH, asset="delivered", description="The report gets to every audience in turn.")],
)
def delivered(
    context: dg.AssetExecutionContext, settings: dg.ResourceParam[Settings], progress: dg.ResourceParam[Progress]
) -> Iterator[dg.MaterializeResult[None]]:
    """The report, sent to every audience whose period is over, once each; nothing is sent when a check blocked.

    What could not be sent is tried again where that can help. It fails no night: a check warns of it, and the next one
    sends it.
    """
    progress.begin("sending the report")
    told: list[str] = []
    faults = []

    def tell(line: str) -> None:
        told.append(line)
        context.log.info(line)
        progress.tell(line)

    try:
        with retrying(settings):
            take_lock(settings)
            deliver(settings, tell, log=context.log.error)
    except DeliveryError as error:
        faults = [str(error)]
    yield dg.MaterializeResult(
        metadata={"told": dg.MetadataValue.md("\n".join(f"- {line}" for line in told) or "nothing was sent")},
        check_results=[result_of("delivered", REACH, faults, dg.AssetCheckSeverity.WARN)],
    )
