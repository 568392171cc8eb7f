"""What the macro `funnel` and table `phase_metrics` have in common."""

from typing import Any

import duckdb

from models.sql import quoted_text

FUNNEL = "segment, reached, progressed, dropped_off, still_open, stopped, drop_off_rate, drop_off_low, drop_off_high"


def funnel_of_phases(connection: duckdb.DuckDBPyConnection, dimension: str) -> list[tuple[Any, ...]]:
    """All that a funnel has in common with phase_metrics, its last phase's `progressed` apart."""
    query = "SELECT DISTINCT phase, phase_index FROM lifecycle WHERE stage <> 'after' ORDER BY phase_index"
    phases = [phase for phase, _ in connection.execute(query).fetchall()]
    steps = ["|".join(phases[index:]) for index in range(len(phases))]
    query = f"SELECT {FUNNEL}, step_number FROM funnel($steps, level := 'phase', ordered := 'any', dimension := $name)"
    return _without_last(connection.execute(query, {"steps": steps, "name": dimension}).fetchall(), len(phases))


def phases_of_mart(connection: duckdb.DuckDBPyConnection, dimension: str) -> list[tuple[Any, ...]]:
    query = f"SELECT {FUNNEL}, phase_index FROM phase_metrics SEMI JOIN (FROM lifecycle WHERE stage <> 'after')"
    query += f" USING (phase) WHERE dimension = {quoted_text(dimension)} ORDER BY segment, phase_index"
    found = connection.execute(query).fetchall()
    return _without_last(found, max(row[-1] for row in found))


def _without_last(found: list[tuple[Any, ...]], last: int) -> list[tuple[Any, ...]]:
    """Of the last phase those who bought are progressed or stopped, as there is a phase after it or not."""
    return [(*row[:2], row[2] + row[5], *row[3:5], *row[6:]) if row[-1] == last else row for row in found]
