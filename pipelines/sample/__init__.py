"""A made-up export with a known truth: `sojourn sample` writes it, tests hold the pipeline against it.

Nothing in it is real. The same arguments give the same bytes, on any day.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial, reduce
from itertools import pairwise
from operator import add
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from models.errors import UserError
from pipelines.sample.clock import Period
from pipelines.sample.dress import dress_hits
from pipelines.sample.events import mark_visits, send_hits
from pipelines.sample.export import Export
from pipelines.sample.files import ExportFiles, FileFormat, file_names
from pipelines.sample.people import People, draw_people
from pipelines.sample.state import State
from pipelines.sample.traps import add_strays
from pipelines.sample.truth import PhaseTruth, Truth, count_truth
from pipelines.sample.walk import walk_everyone

__all__ = ["FileFormat", "PhaseTruth", "SampleError", "Truth", "write_sample"]

PEOPLE_TOGETHER: Final = 250_000
"""People who walk at once: memory is that of their actions, whatever the number of all."""
ROWS_TOGETHER: Final = 50_000
"""Rows that are dressed at once: a day of few takes as long."""
THREADS: Final = 2


class SampleError(UserError):
    """A sample that cannot be made as asked."""


def write_sample(
    out: Path, days: int = 90, users: int = 5000, seed: int = 1, file_format: FileFormat = "parquet"
) -> Truth:
    """Write a sample of GA4 exports, a block of people at a time, and tell what is true of it.

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
        SampleError: if there are no days or users, or the directory holds other exports or cannot be written.
    """
    _check(days, users)
    period = Period(days)
    _refuse_others(out, set(file_names(period, file_format)))
    try:
        return _write(out, period, users, seed, file_format)
    except OSError as error:
        raise SampleError(f"{out} cannot be written: {error.strerror or error}; name another directory") from error


def _write(out: Path, period: Period, users: int, seed: int, file_format: FileFormat) -> Truth:
    out.mkdir(parents=True, exist_ok=True)
    rng = np.random.Generator(np.random.PCG64(seed))
    with ExportFiles(out, period, file_format) as files:
        truth = reduce(add, _write_blocks(rng, users, period, files))
    return replace(truth, files=files.loaded, superseded_files=files.superseded)


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


def _write_blocks(rng: np.random.Generator, users: int, period: Period, files: ExportFiles) -> Iterator[Truth]:
    """Write what each block of people does, and tell what is true of them."""
    export = Export(period.names)
    for people, actions in _blocks(rng, users, period):
        hits = add_strays(rng, send_hits(rng, actions, people.known_visits, period))
        days = list(_by_day(rng, hits, period))
        together = max(1, ROWS_TOGETHER * len(days) // max(1, hits.height))
        write = partial(_write_days, actions=actions, people=people, export=export, files=files)
        with ThreadPoolExecutor(THREADS) as threads:
            list(threads.map(write, (days[at : at + together] for at in range(0, len(days), together))))
        yield count_truth(actions, hits, people, period)


def _blocks(rng: np.random.Generator, users: int, period: Period) -> Iterator[tuple[People, pl.DataFrame]]:
    """Let blocks of people walk; persons, visits and orders are numbered through all of them."""
    visits = orders = 0
    for first in range(0, users, PEOPLE_TOGETHER):
        people = draw_people(rng, min(PEOPLE_TOGETHER, users - first), first)
        state = State(rng, people, period, visits, orders)
        yield people, mark_visits(rng, walk_everyone(state), people.known_visits)
        visits, orders = state.visit_count, state.order_count


def _by_day(rng: np.random.Generator, hits: pl.DataFrame, period: Period) -> Iterator[tuple[int, pl.DataFrame]]:
    """Cut the hits into days, each in an order that means nothing, as an extract has."""
    bounds = np.searchsorted(hits["file_day"].to_numpy(), np.arange(period.day_count + 1)).tolist()
    for number, (start, end) in enumerate(pairwise(bounds)):
        yield number, hits[start + rng.permutation(end - start)]


def _write_days(
    days: list[tuple[int, pl.DataFrame]], actions: pl.DataFrame, people: People, export: Export, files: ExportFiles
) -> None:
    """Dress the hits of some days together, and add them to the files of each."""
    rows = export.rows(dress_hits(pl.concat(hits for _, hits in days), actions, people))
    start = 0
    for number, hits in days:
        files.add_day(number, rows.slice(start, hits.height))
        start += hits.height
