"""The second layer: events become devices, sessions, touchpoints, stays and journeys."""

from collections.abc import Iterator
from time import perf_counter

import dagster as dg

from models.settings import Settings
from models.tables import REBUILT
from pipelines.assets.metadata import spec_of, written
from pipelines.assets.retries import retrying
from pipelines.progress import Progress
from pipelines.rebuilding import rebuild
from pipelines.warehouse import open_build


@dg.multi_asset(
    name="histories",
    specs=[spec_of(table, "histories", ["events"], {"polars", "duckdb"}) for table in REBUILT],
)
def histories(
    settings: dg.ResourceParam[Settings], progress: dg.ResourceParam[Progress]
) -> Iterator[dg.MaterializeResult[None]]:
    """Rebuild the histories of all people."""
    started = perf_counter()
    progress.begin("rebuilding journeys")
    with retrying(settings), open_build(settings) as connection:
        counts = rebuild(connection, settings, progress.advance)
    for name, rows in counts.items():
        yield written(name, rows, perf_counter() - started)
