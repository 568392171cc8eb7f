"""The common part in pandas, as its users write it: one sorted frame in memory, shift and groupby."""

from pathlib import Path

import pandas as pd

from tests.benchmarks.common import FUNNEL, GAP, Answer, in_order


def answer(file: Path) -> Answer:
    """Answer from a flat file."""
    events = cut(pd.read_parquet(file))
    next_one = events.shift(-1)
    is_same = events["session"] == next_one["session"]
    onward = pd.DataFrame(
        {
            "event": events["event"],
            "next_event": next_one["event"],
            "seconds": (next_one["time"] - events["time"]).dt.total_seconds(),
        }
    )[is_same]
    told = onward.groupby(["event", "next_event"])["seconds"].agg(["count", "median"]).reset_index()
    return Answer(int(events["session"].max()), in_order(list(told.itertuples(index=False))), funnel_of(events))


def cut(events: pd.DataFrame) -> pd.DataFrame:
    """Sort events by device and time, and number sessions through from 1."""
    ordered = events.sort_values(["device", "time"], ignore_index=True)
    is_new = ordered["device"] != ordered["device"].shift()
    ordered["session"] = (is_new | (ordered["time"].diff() > GAP)).cumsum()
    return ordered


def funnel_of(events: pd.DataFrame) -> list[int]:
    """Count the devices that took each step after the one before, of events in order of device and time."""
    counts = []
    taken = pd.Series(-1, index=events["device"].unique(), name="taken")
    for event in FUNNEL:
        rows = events.loc[events["event"] == event, "device"]
        places = rows[rows.index > rows.map(taken).fillna(len(events))]
        taken = pd.Series(places.index, index=places.to_numpy()).groupby(level=0).min()
        counts.append(len(taken))
    return counts
