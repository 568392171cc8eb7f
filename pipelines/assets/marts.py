"""The third layer: what is counted over journeys and days, and the graph's states."""

from collections.abc import Iterator
from time import perf_counter
from typing import Any

import dagster as dg
import duckdb

from models.lifecycle import load_lifecycle
from models.settings import Settings
from models.tables import (
    BY_PERIOD,
    COHORTS,
    COMPARISONS,
    CONTACTS_BY,
    CURRENCIES,
    DAY_FIGURES,
    DWELL_CURVES,
    HANDOVERS,
    JOURNEY_MAP,
    JOURNEY_SEGMENTS,
    KPIS,
    LEAKS,
    LEVERS,
    LIFECYCLE,
    PAGE_EXITS,
    PERSONS,
    PHASE_METRICS,
    QUALITY,
    REPURCHASE_CURVES,
    RESTATEMENTS,
    SENTIMENT,
    STATES,
    TOUCHPOINT_METRICS,
    TOUCHPOINTS_BEFORE_PURCHASE,
    TRANSITIONS,
    UNMATCHED,
    Table,
)
from pipelines.assets.metadata import count_rows, spec_of, written
from pipelines.assets.retries import retrying
from pipelines.counting import count_stale
from pipelines.journey_periods import Write, by_period
from pipelines.marts import (
    write_comparisons,
    write_day_figures,
    write_dwell_curves,
    write_levers,
    write_lifecycle,
    write_mart,
    write_repurchase_curves,
    write_run_settings,
    write_states,
)
from pipelines.progress import Progress
from pipelines.unchecked import note_written
from pipelines.warehouse import open_build

OF_ALL = ["lifecycle", "sessions", "touchpoints", "journeys"]
SOURCES: dict[Table, list[str]] = {
    LIFECYCLE: ["journeys"],
    PERSONS: ["sessions", "touchpoints"],
    JOURNEY_SEGMENTS: ["journeys", "persons"],
    PHASE_METRICS: ["lifecycle", "journey_segments", "stays"],
    TRANSITIONS: ["lifecycle", "journey_segments", "touchpoints"],
    TOUCHPOINTS_BEFORE_PURCHASE: ["lifecycle", "journey_segments"],
    REPURCHASE_CURVES: ["journey_segments", "persons"],
    KPIS: ["transitions", "persons", "repurchase_curves"],
    TOUCHPOINT_METRICS: ["lifecycle", "journey_segments", "touchpoints"],
    LEAKS: ["lifecycle", "journeys"],
    LEVERS: ["lifecycle", "transitions", "kpis"],
    SENTIMENT: ["journey_segments", "touchpoints", "events"],
    STATES: ["transitions"],
    DWELL_CURVES: ["lifecycle", "journey_segments", "stays"],
    COMPARISONS: ["lifecycle", "kpis", "phase_metrics"],
    CONTACTS_BY: ["sessions", "touchpoints", "journey_segments"],
    HANDOVERS: ["sessions", "touchpoints", "journeys"],
    JOURNEY_MAP: ["phase_metrics", "touchpoint_metrics", "levers", "sentiment", "comparisons", "contacts_by"],
    COHORTS: ["journeys"],
    PAGE_EXITS: ["sessions"],
    UNMATCHED: ["sessions"],
    CURRENCIES: ["lifecycle", "events"],
    QUALITY: [*OF_ALL, "loads", "sentiment", "currencies", "kpis"],
    DAY_FIGURES: [*OF_ALL, "loads", "events"],
    RESTATEMENTS: ["day_figures"],
}
POLARS = {"sql", "duckdb", "polars"}
KINDS = {
    LIFECYCLE: {"yaml"},
    LEVERS: POLARS,
    STATES: {"networkx"},
    DWELL_CURVES: POLARS,
    REPURCHASE_CURVES: POLARS,
    COMPARISONS: POLARS,
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


def _lifecycle(connection: duckdb.DuckDBPyConnection, settings: Settings) -> int:
    write_run_settings(connection, settings)
    return write_lifecycle(connection, load_lifecycle(settings.lifecycle), settings)


def _counts(connection: duckdb.DuckDBPyConnection, settings: Settings) -> int:
    """What all other marts are counted from, persons and journey_segments among it."""
    count_stale(connection, settings)
    return _rows(PERSONS)(connection, settings)


def _mart(table: Table) -> Write:
    return lambda connection, settings: write_mart(connection, table)


def _rows(table: Table) -> Write:
    return lambda connection, settings: count_rows(connection, [table])[table.name]


WRITERS: dict[Table, Write] = {
    **{table: _mart(table) for table in SOURCES},
    LIFECYCLE: _lifecycle,
    PERSONS: _counts,
    JOURNEY_SEGMENTS: _rows(JOURNEY_SEGMENTS),
    STATES: lambda connection, settings: write_states(connection),
    LEVERS: lambda connection, settings: write_levers(connection),
    DWELL_CURVES: lambda connection, settings: write_dwell_curves(connection),
    REPURCHASE_CURVES: lambda connection, settings: write_repurchase_curves(connection),
    COMPARISONS: lambda connection, settings: write_comparisons(connection, load_lifecycle(settings.lifecycle)),
    DAY_FIGURES: lambda connection, settings: write_day_figures(connection),
    RESTATEMENTS: _rows(RESTATEMENTS),
}
WRITERS |= {table: by_period(table, WRITERS[table]) for table in BY_PERIOD}


@dg.multi_asset(
    name="marts",
    specs=[spec_of(table, "marts", deps, KINDS.get(table, {"sql", "duckdb"})) for table, deps in SOURCES.items()],
)
def marts(
    settings: dg.ResourceParam[Settings], progress: dg.ResourceParam[Progress]
) -> Iterator[dg.MaterializeResult[None]]:
    """Count the marts one after the other, in one step: Dagster's books of a step cost more than most of them."""
    with retrying(settings), open_build(settings) as connection:
        note_written(connection, "marts")
        for table, write in WRITERS.items():
            started = perf_counter()
            progress.begin(f"counting {table.name}")
            rows = write(connection.cursor(), settings)
            preview = PREVIEWS[table](connection.cursor()) if table in PREVIEWS else {}
            yield written(table.name, rows, perf_counter() - started, preview)
