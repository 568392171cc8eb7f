"""The parts of a run of `sojourn run`: when Dagster began and ended each step, and what was taken meanwhile."""

import os
from contextlib import chdir
from pathlib import Path
from unittest.mock import patch

import dagster as dg

from tests.benchmarks.measuring import Cost, Measurement

PARTS = {
    "exports": "exports",
    "histories": "histories",
    "marts": "marts",
    "published_database": "publishing",
    "funnel_page": "page",
    "transition_graph": "graph",
}
CHECKS, REST = "checks", "start-up and between"


def parts_of(run: Measurement, place: Path) -> dict[str, Cost]:
    """Tell what each part of the last run took; what Dagster and Python take besides is a part of its own.

    Args:
        run: the run, as it was watched.
        place: the folder that it ran in, with Dagster's records.
    """
    costs: dict[str, Cost] = {}
    for step, start, end in _steps(place):
        name = PARTS.get(step, CHECKS)
        costs[name] = _together(costs.get(name, Cost(0.0, 0.0, 0.0)), run.between(start, end))
    whole, told = run.cost, costs.values()
    rest = (whole.seconds - sum(one.seconds for one in told), whole.cpu_seconds - sum(one.cpu_seconds for one in told))
    return {**costs, REST: Cost(*rest, 0.0)}


def _steps(place: Path) -> list[tuple[str, float, float]]:
    with chdir(place), patch.dict(os.environ, {"DAGSTER_HOME": str(place)}), dg.DagsterInstance.get() as instance:
        last = instance.get_run_records(limit=1)[0].dagster_run.run_id
        steps = instance.get_run_step_stats(last)
    return [(step.step_key, step.start_time, step.end_time) for step in steps if step.start_time and step.end_time]


def _together(one: Cost, other: Cost) -> Cost:
    seconds, cpu_seconds = one.seconds + other.seconds, one.cpu_seconds + other.cpu_seconds
    return Cost(seconds, cpu_seconds, max(one.megabytes, other.megabytes))
