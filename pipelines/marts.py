"""Running the marts: what is counted over journeys, from the SQL files that analysts can read."""

import re
from datetime import UTC, date, datetime
from functools import cache

import duckdb
import polars as pl

from models.lifecycle import Lifecycle
from models.periods import recent_weeks
from models.settings import Settings
from models.sql import read_sql
from models.tables import COMPARISONS, DWELL_CURVES, LEVERS, LIFECYCLE, REPURCHASE_CURVES, STATES, Table
from pipelines.memory import CURRENCY, recall
from pipelines.rebuilding import read_rules
from pipelines.warehouse import first_row, transaction
from pipelines.zones import local_time
from transforms.arrivals import own_phases
from transforms.comparisons import judge_differences
from transforms.graph import chain_states
from transforms.levers import levers
from transforms.survival import surviving_shares


def write_run_settings(connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Put down what the figures depend on besides the events, for the marts and for analysts to see."""
    rules = read_rules(connection, settings)
    currency = recall(connection, CURRENCY) or None
    connection.execute("DELETE FROM run_settings")
    connection.execute(
        "INSERT INTO run_settings VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            rules.as_of,
            int(rules.journey_window.total_seconds()),
            int(rules.session_gap.total_seconds()),
            settings.timezone,
            settings.language,
            currency,
            currency is not None and settings.currency is None,
            *recent_weeks(_local_day(rules.as_of - rules.journey_window, settings.timezone), settings.recent_weeks),
        ],
    )


def write_lifecycle(connection: duckdb.DuckDBPyConnection, lifecycle: Lifecycle, settings: Settings) -> int:
    """Write table lifecycle: every phase with its touchpoints, titled in the language of the settings."""
    language = settings.language
    rows = [
        {
            "lifecycle": lifecycle.name,
            "phase_index": index,
            "phase": phase.key,
            "stage": phase.stage,
            "phase_title": phase.title_in(language),
            "touchpoint": point.key if point else None,
            "touchpoint_title": point.title_in(language) if point else None,
            "is_conversion": point is not None and point.key == lifecycle.conversion,
            "owner": point.owner if point else None,
            "kpi": point.kpi if point else None,
            "control": point.control if point else None,
            "realm": point.realm if point else None,
        }
        for index, phase in enumerate(lifecycle.phases, start=1)
        for point in (lifecycle.touchpoints_of(phase.key) or (None,))
    ]
    texts = dict.fromkeys(LIFECYCLE.column_names, pl.String())
    schema = texts | {"phase_index": pl.Int32(), "is_conversion": pl.Boolean()}
    return replace(connection, LIFECYCLE, pl.DataFrame(rows, schema=schema))


def write_mart(connection: duckdb.DuckDBPyConnection, table: Table) -> int:
    """Write a mart anew, whole or not at all, from what `count_stale` counted."""
    sql = read_sql(f"marts/{table.name}")
    if any(name in sql for name in macro_names()):
        make_macros(connection)
    with transaction(connection):
        connection.execute(f"DELETE FROM {table.name}")
        connection.execute(f"INSERT INTO {table.name} {sql}")
    return _count(connection, table.name)


def make_macros(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the macros that read the counts, for as long as the connection lasts."""
    for script in MACROS:
        connection.execute(read_sql(f"counting/{script}"))


@cache
def macro_names() -> tuple[str, ...]:
    """The names of the macros that read the counts: a mart that names none needs none of them made."""
    return tuple(name for script in MACROS for name in re.findall(r"MACRO (\w+)\(", read_sql(f"counting/{script}")))


def write_day_figures(connection: duckdb.DuckDBPyConnection) -> int:
    """Write table day_figures anew, and into restatements what it tells otherwise than before and why."""
    cursor = connection.cursor()
    with transaction(cursor):
        cursor.execute(f"CREATE OR REPLACE TEMP TABLE figures_now AS {read_sql('marts/day_figures')}")
        now = datetime.now(UTC).replace(tzinfo=None)
        cursor.execute(f"INSERT INTO restatements {read_sql('marts/restatements')}", {"now": now})
        cursor.execute("DELETE FROM day_figures")
        cursor.execute("INSERT INTO day_figures FROM figures_now")
        cursor.execute("DELETE FROM arrivals")
    return _count(connection, "day_figures")


MACROS = ("quantiles", "survival", "buyers")
"""The scripts of models/counting that make the macros which read the counts."""
CHAINED = ["all", "persona", "device_category", "customer"]
"""The dimensions whose segments have a chain of their own."""


def write_states(connection: duckdb.DuckDBPyConnection) -> int:
    """Write table states: what the transition graph tells of each phase and touchpoint."""
    query = "FROM transitions WHERE dimension IN ? AND part = 'to_purchase'"
    transitions = connection.sql(query, params=[CHAINED]).pl()
    return replace(connection, STATES, chain_states(transitions))


def write_levers(connection: duckdb.DuckDBPyConnection) -> int:
    """Write table levers: what it would bring if a tenth fewer left at a phase or touchpoint up to the purchase."""
    asked = connection.execute(
        "SELECT DISTINCT unnest(['phase', 'touchpoint']), unnest([phase, touchpoint]) FROM lifecycle"
        " WHERE stage <> 'after'"
    ).fetchall()
    return replace(connection, LEVERS, levers(connection.sql(read_sql("marts/levers")).pl(), asked))


def write_dwell_curves(connection: duckdb.DuckDBPyConnection) -> int:
    """Write table dwell_curves: the steps that were counted, and the shares that survive them."""
    make_macros(connection)
    steps = connection.sql(read_sql("marts/dwell_curves")).pl()
    return replace(connection, DWELL_CURVES, surviving_shares(steps, "phase", "moved"))


def write_repurchase_curves(connection: duckdb.DuckDBPyConnection) -> int:
    """Write table repurchase_curves: the steps of people's ways back, and the shares that have not come yet."""
    make_macros(connection)
    steps = connection.sql(read_sql("marts/repurchase_curves")).pl()
    return replace(connection, REPURCHASE_CURVES, surviving_shares(steps, "kind", "happened"))


def write_comparisons(connection: duckdb.DuckDBPyConnection, lifecycle: Lifecycle) -> int:
    """Write table comparisons: how segments differ from all others, and where that is more than chance.

    A channel is not compared up to the phase that coming by it is in itself: that it loses nobody there is no finding.
    """
    channels = connection.sql("SELECT segment FROM kpis WHERE dimension = 'channel'").pl()["segment"]
    connection.register("own_phases", own_phases(channels, lifecycle))
    differences = connection.sql(read_sql("marts/comparisons")).pl()
    connection.unregister("own_phases")
    return replace(connection, COMPARISONS, judge_differences(differences))


def replace(connection: duckdb.DuckDBPyConnection, table: Table, frame: pl.DataFrame) -> int:
    """Replace a table's rows by those of a frame."""
    columns = ", ".join(f'"{name}"' for name in table.column_names)
    connection.execute(f"DELETE FROM {table.name}")
    connection.register("mart_frame", frame)
    connection.execute(f"INSERT INTO {table.name} ({columns}) SELECT {columns} FROM mart_frame")
    connection.unregister("mart_frame")
    return frame.height


def _count(connection: duckdb.DuckDBPyConnection, name: str) -> int:
    row = first_row(connection, f"SELECT count(*) FROM {name}")
    return int(row[0]) if row else 0


def _local_day(moment: datetime, zone: str) -> date:
    return local_time(moment.replace(tzinfo=UTC), zone).date()
