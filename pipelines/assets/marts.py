"""The third layer: what is counted over journeys, one asset a mart, and the graph's states."""

from collections.abc import Callable, Iterator
from time import perf_counter
from typing import Any

import dagster as dg
import duckdb

from models.lifecycle import load_lifecycle
from models.settings import Settings
from models.tables import (
    DAY_FIGURES,
    JOURNEY_SEGMENTS,
    KPIS,
    LIFECYCLE,
    PERSONS,
    PHASE_METRICS,
    QUALITY,
    RESTATEMENTS,
    STATES,
    TOUCHPOINTS_BEFORE_PURCHASE,
    TRANSITIONS,
    Table,
)
from pipelines.assets.metadata import count_rows, spec_of, written
from pipelines.assets.retries import retrying
from pipelines.marts import (
    write_day_figures,
    write_lifecycle,
    write_mart,
    write_run_settings,
    write_segments,
    write_states,
)
from pipelines.progress import Progress
from pipelines.warehouse import open_build

Write = Callable[[duckdb.DuckDBPyConnection, Settings], int]

SOURCES: dict[Table, list[str]] = {
    PERSONS: ["sessions", "touchpoints"],
    PHASE_METRICS: ["lifecycle", "journey_segments", "stays"],
    TRANSITIONS: ["lifecycle", "journey_segments", "touchpoints"],
    TOUCHPOINTS_BEFORE_PURCHASE: ["lifecycle", "journey_segments"],
    KPIS: ["transitions", "persons"],
    QUALITY: ["lifecycle", "sessions", "touchpoints", "journeys", "loads"],
}


FUNNEL = """
    SELECT phase, reached, progressed, dropped_off, still_open, stopped, round(drop_off_rate, 4) AS drop_off_rate
    FROM phase_metrics WHERE dimension = 'all' ORDER BY phase_index
"""


def _funnel(connection: duckdb.DuckDBPyConnection) -> dict[str, dg.MetadataValue[Any]]:
    """The funnel as Dagster shows it beside the asset."""
    cursor = connection.execute(FUNNEL)
    names = [column[0] for column in cursor.description or ()]
    lines = [names, ["---"] * len(names), *cursor.fetchall()]
    return {"funnel": dg.MetadataValue.md("\n".join(f"| {' | '.join(map(str, line))} |" for line in lines))}


PREVIEWS = {PHASE_METRICS: _funnel}


def _build(table: Table, deps: list[str], kinds: set[str], write: Write) -> dg.AssetsDefinition:
    spec = spec_of(table, "marts", deps, kinds)

    @dg.asset(
        name=table.name,
        deps=deps,
        group_name="marts",
        description=table.grain,
        kinds=kinds,
        metadata=spec.metadata,
    )
    def mart(settings: dg.ResourceParam[Settings], progress: dg.ResourceParam[Progress]) -> dg.MaterializeResult[None]:
        started = perf_counter()
        progress.begin(f"counting {table.name}")
        with retrying(settings), open_build(settings) as connection:
            rows = write(connection, settings)
            preview = PREVIEWS[table](connection) if table in PREVIEWS else {}
        return written(table.name, rows, perf_counter() - started, preview)

    return mart


def _lifecycle(connection: duckdb.DuckDBPyConnection, settings: Settings) -> int:
    write_run_settings(connection, settings)
    return write_lifecycle(connection, load_lifecycle(settings.lifecycle), settings)


def _mart(table: Table) -> Write:
    return lambda connection, settings: write_mart(connection, table, settings)


@dg.multi_asset(
    name="days",
    specs=[
        spec_of(table, "marts", ["lifecycle", "events", "sessions", "touchpoints", "journeys"], {"sql", "duckdb"})
        for table in (DAY_FIGURES, RESTATEMENTS)
    ],
)
def days(
    settings: dg.ResourceParam[Settings], progress: dg.ResourceParam[Progress]
) -> Iterator[dg.MaterializeResult[None]]:
    """Tell what each day came to, and what that restates."""
    started = perf_counter()
    progress.begin("counting days")
    with retrying(settings), open_build(settings) as connection:
        write_day_figures(connection)
        counts = count_rows(connection, (DAY_FIGURES, RESTATEMENTS))
    for name, rows in counts.items():
        yield written(name, rows, perf_counter() - started)


MART_ASSETS = [
    _build(LIFECYCLE, ["journeys"], {"yaml"}, _lifecycle),
    _build(JOURNEY_SEGMENTS, ["journeys"], {"sql", "duckdb"}, write_segments),
    *(_build(table, deps, {"sql", "duckdb"}, _mart(table)) for table, deps in SOURCES.items()),
    days,
    _build(STATES, ["transitions"], {"networkx"}, lambda connection, settings: write_states(connection)),
]
