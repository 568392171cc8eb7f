"""The common part in retentioneering 5: an Eventstream, its sessions, its transition matrices and its funnel."""

from pathlib import Path

import pandas as pd
from retentioneering.eventstream.eventstream import Eventstream

from tests.benchmarks.common import FUNNEL, Answer, in_order

SCHEMA = {"path_cols": ["device"], "event_col": "event", "timestamp_col": "time"}
ENDS = ["path_start", "path_end"]


def answer(file: Path) -> Answer:
    """Answer from a flat file."""
    stream = Eventstream(pd.read_parquet(file), schema=SCHEMA)
    visits = stream.split_sessions(timeout="30m")
    counts = visits.transition_graph_data("count", path_col="session_id").drop(index=ENDS, columns=ENDS).stack()
    medians = visits.transition_graph_data("time_median", path_col="session_id").stack().dt.total_seconds()
    sessions = visits.df["session_id"].nunique()
    steps = stream.funnel_data(steps=list(FUNNEL))["steps"]
    found = [(one, next_one, count, medians[one, next_one]) for (one, next_one), count in counts[counts > 0].items()]
    return Answer(sessions, in_order(found), [step["unique_paths"] for step in steps])
