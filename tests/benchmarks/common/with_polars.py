"""The common part in Polars, as its users write it: one sorted frame in memory, window expressions, group_by."""

from pathlib import Path

import polars as pl

from tests.benchmarks.common import FUNNEL, GAP, Answer, in_order


def answer(file: Path) -> Answer:
    """Answer from a flat file."""
    ordered = pl.scan_parquet(file).sort("device", "time").collect()
    is_new = pl.col("device").ne_missing(pl.col("device").shift())
    starts = is_new | (pl.col("time").diff() > GAP)
    events = ordered.with_columns(session=starts.cum_sum(), place=pl.int_range(pl.len()))
    is_last = pl.col("session").ne_missing(pl.col("session").shift(-1))
    onward = events.select(
        "event",
        next_event=pl.when(~is_last).then(pl.col("event").shift(-1)),
        seconds=(pl.col("time").shift(-1) - pl.col("time")).dt.total_seconds(),
    ).filter(pl.col("next_event").is_not_null())
    counted = onward.group_by("event", "next_event").agg(count=pl.len(), median=pl.col("seconds").median())
    return Answer(int(events["session"].n_unique()), in_order(counted.rows()), _funnel(events))


def _funnel(events: pl.DataFrame) -> list[int]:
    """Count the devices that took each step after the one before."""
    counts = []
    taken = events.select("device").unique().with_columns(taken=pl.lit(-1, pl.Int64))
    for event in FUNNEL:
        later = events.filter(pl.col("event") == event).join(taken, on="device")
        taken = later.filter(pl.col("place") > pl.col("taken")).group_by("device").agg(taken=pl.col("place").min())
        counts.append(taken.height)
    return counts
