"""The common part in PM4Py: a log of which each session is a case, its directly-follows graphs.

PM4Py knows neither silences that cut a case nor funnels of many steps: these are pandas, on which it stands.
"""

from pathlib import Path

import pandas as pd
import pm4py

from tests.benchmarks.common import Answer, in_order
from tests.benchmarks.common.with_pandas import cut, funnel_of


def answer(file: Path) -> Answer:
    """Answer from a flat file."""
    events = cut(pd.read_parquet(file))
    events["case"] = events["session"].astype(str)
    log = pm4py.format_dataframe(events, case_id="case", activity_key="event", timestamp_key="time")
    counts, _, _ = pm4py.discover_dfg(log)
    times, _, _ = pm4py.discover_performance_dfg(log, perf_aggregation_key="median")
    found = [(one, next_one, count, times[one, next_one]) for (one, next_one), count in counts.items()]
    return Answer(log["case:concept:name"].nunique(), in_order(found), funnel_of(events))
