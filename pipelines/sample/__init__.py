"""A made-up export with a known truth: `sojourn sample` writes it, tests hold the pipeline against it.

Nothing in it is real. The same arguments give the same bytes, on any day.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl

from models.errors import UserError
from pipelines.sample.clock import Period
from pipelines.sample.dress import dress_hits
from pipelines.sample.events import mark_visits, send_hits
from pipelines.sample.files import FileFormat, file_names, write_days
from pipelines.sample.people import draw_people
from pipelines.sample.state import State
from pipelines.sample.traps import add_strays
from pipelines.sample.truth import PhaseTruth, Truth, count_truth
from pipelines.sample.walk import walk_everyone

__all__ = ["FileFormat", "PhaseTruth", "SampleError", "Truth", "write_sample"]


class SampleError(UserError):
    """A sample that cannot be made as asked."""


def write_sample(
    out: Path, days: int = 90, users: int = 5000, seed: int = 1, file_format: FileFormat = "parquet"
) -> Truth:
    """Write a sample of GA4 exports, a day at a time, and tell what is true of it.

    The period ends on 2026-06-30 whatever the date is. One day is cut in two shards, and one is there as
    intraday too. Files of an earlier sample are replaced where they have the same names; a directory that
    holds other exports is refused, for they would be loaded together.

    Args:
        out: directory, made if it is missing.
        days: local days of the property (Europe/Copenhagen), one or more.
        users: persons, one or more; one in 25 gives no consent.
        seed: where chance starts.
        file_format: parquet, or newline-delimited json.

    Raises:
        SampleError: if there are no days or users, or the directory holds other exports.
    """
    _check(days, users)
    period = Period(days)
    _refuse_others(out, set(file_names(period, file_format)))
    rng = np.random.Generator(np.random.PCG64(seed))
    people = draw_people(rng, users)
    actions = mark_visits(rng, walk_everyone(State(rng, people, period)), people.known_visits)
    hits = add_strays(rng, send_hits(rng, actions, people.known_visits, period))
    days_of_rows = ((day, dress_hits(rows, actions, people)) for day, rows in _by_day(rng, hits, period))
    out.mkdir(parents=True, exist_ok=True)
    written = write_days(days_of_rows, out, period, file_format)
    return count_truth(actions, hits, people, period, written)


def _check(days: int, users: int) -> None:
    for name, value in (("days", days), ("users", users)):
        if value < 1:
            raise SampleError(f"option --{name} is {value}; a sample needs 1 or more")


def _refuse_others(out: Path, names: set[str]) -> None:
    others = sorted(file.name for file in out.glob("events_*") if file.name not in names)
    if others:
        raise SampleError(
            f"directory {out} already holds {others[0]}, which is no part of this sample;"
            " name an empty directory, for the two would be loaded together"
        )


def _by_day(rng: np.random.Generator, hits: pl.DataFrame, period: Period) -> Iterator[tuple[str, pl.DataFrame]]:
    """Cut the hits into days, each in an order that means nothing, as an extract has."""
    bounds = np.searchsorted(hits["file_day"].to_numpy(), np.arange(period.day_count + 1)).tolist()
    for day, start, end in zip(period.names, bounds[:-1], bounds[1:], strict=True):
        yield day, hits[start + rng.permutation(end - start)]
