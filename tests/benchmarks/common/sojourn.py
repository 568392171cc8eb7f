"""The common part in Sojourn's way: DuckDB sorts within a limit and hands over whole devices, Polars takes each batch.

Sessions are those of `transforms.sessions.sessionize`, the function that a night runs, with channels and landing pages.
Transitions are counted by their seconds batch by batch, and the medians are told from the counts, as marts are.
"""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import duckdb
import polars as pl

from models.lifecycle import load_lifecycle
from models.settings import Settings
from models.tables import EVENTS
from pipelines.batches import ahead, batches_of_people
from pipelines.followed import NEEDED
from tests.benchmarks.common import FUNNEL, Answer, in_order
from transforms.rules import Rules
from transforms.sessions import sessionize

LIMIT, BATCH_ROWS = (Settings.model_fields[name].default for name in ("memory_limit", "batch_rows"))
KNOWN = {"person_id": "device", "device_id": "device", "occurred_at": "time", "event_name": "event"}
MOVE = ("event", "next_event", "seconds")


def answer(file: Path) -> Answer:
    """Answer from a flat file."""
    rules = Rules(load_lifecycle("six-phases"), as_of=datetime(2026, 7, 1))
    sessions, moves, taken = 0, [], [0] * len(FUNNEL)
    for batch in _batches(file):
        events, visits = sessionize(batch, rules)
        sessions += visits.height
        moves.append(_count_moves(events))
        taken = [before + now for before, now in zip(taken, _count_steps(events), strict=True)]
    return Answer(sessions, in_order(_medians(pl.concat(moves)).rows()), taken)


def _batches(file: Path) -> Iterator[pl.DataFrame]:
    """Events in order of device and time, in batches that are cut between devices."""
    kinds = {column.name: column.type for column in EVENTS.columns}
    columns = ", ".join(f"{KNOWN.get(name, f'NULL::{kinds[name]}')} AS {name}" for name in NEEDED)
    query = f"SELECT {columns} FROM (FROM read_parquet('{file}') ORDER BY device, time)"
    with duckdb.connect(config={"memory_limit": LIMIT}) as connection:
        connection.execute("SET enable_progress_bar = false")
        read = connection.sql(query).to_arrow_reader(BATCH_ROWS)
        yield from ahead(batches_of_people((pl.DataFrame(pl.from_arrow(some)) for some in read), BATCH_ROWS))


def _count_moves(events: pl.DataFrame) -> pl.DataFrame:
    """Count a batch by move and seconds; names as categories, for texts would hold on to those of their batch."""
    name = pl.col("event_name").cast(pl.Categorical)
    onward = events.select(
        event=name,
        next_event=name.shift(-1),
        seconds=pl.col("occurred_at").diff().shift(-1).dt.total_seconds(),
        is_same=pl.col("session_index") == pl.col("session_index").shift(-1),
    )
    return onward.filter("is_same").group_by(MOVE).agg(count=pl.len())


def _medians(moves: pl.DataFrame) -> pl.DataFrame:
    """Tell the median of each move from its counts: the mean of the two in the middle, or the one."""
    counted = moves.group_by(MOVE).agg(pl.col("count").sum().cast(pl.Int64)).sort(MOVE)
    upto, all_of = pl.col("count").cum_sum().over(MOVE[:2]), pl.col("count").sum().over(MOVE[:2])
    middle = counted.with_columns(upto=upto, all=all_of)
    ends = {"low": (pl.col("all") - 1) // 2, "high": pl.col("all") // 2}
    picked = {name: pl.col("seconds").filter(pl.col("upto") > place).first() for name, place in ends.items()}
    told = middle.group_by(MOVE[:2]).agg(pl.col("all").first(), **picked)
    return told.select(*MOVE[:2], "all", median=(pl.col("low") + pl.col("high")) / 2)


def _count_steps(events: pl.DataFrame) -> list[int]:
    """Count the devices that took each step of the funnel after the one before."""
    named = events.select("device_id", "event_name", place=pl.int_range(pl.len()))
    taken = named.filter(pl.col("event_name") == FUNNEL[0]).group_by("device_id").agg(taken=pl.col("place").min())
    counts = [taken.height]
    for event in FUNNEL[1:]:
        later = named.filter(pl.col("event_name") == event).join(taken, on="device_id")
        taken = later.filter(pl.col("place") > pl.col("taken")).group_by("device_id").agg(taken=pl.col("place").min())
        counts.append(taken.height)
    return counts
