"""The Kaplan-Meier curve of the time until moving on, over durations as they are counted."""

import math

from tests.reference.statistics import Z, counted_seconds
from tests.reference.values import Row


def curve_rows(stays: list[Row], phases: list[str]) -> list[Row]:
    """Table dwell_curves of one segment: of each phase that somebody stayed in."""
    here = {phase: [stay for stay in stays if stay["phase"] == phase] for phase in phases}
    return [{"phase": phase} | row for phase, mine in here.items() if mine for row in curve_of(mine)]


def curve_of(stays: list[Row]) -> list[Row]:
    """The steps of one curve: 0, each time at which somebody moved, and that at which the last watch ended."""
    moves = [counted_seconds(stay["dwell_seconds"]) for stay in stays if not stay["is_censored"]]
    watches = [counted_seconds(stay["watched_seconds"]) for stay in stays if stay["is_censored"]]
    steps = sorted({0.0, *moves, max(moves + watches)})
    rows: list[Row] = []
    surviving, greenwood = 1.0, 0.0
    for step, later in zip(steps, [*steps[1:], math.inf], strict=True):
        at_risk = sum(time >= step for time in moves + watches)
        moved, staying = moves.count(step), at_risk - moves.count(step)
        surviving *= staying / at_risk
        greenwood += moved / (at_risk * staying) if staying else math.inf
        low, high = interval(surviving, greenwood)
        ends = sum(step <= time < later for time in watches)
        row: Row = {"seconds": step, "at_risk": at_risk, "moved": moved, "watch_ends": ends}
        rows.append(row | {"surviving": surviving, "surviving_low": low, "surviving_high": high})
    return rows


def interval(surviving: float, greenwood: float) -> tuple[float | None, float | None]:
    """The 95 % interval of log(-log S) with Greenwood's variance: none where nobody is left, the share itself at 1."""
    if surviving in (0, 1):
        return (None, None) if surviving == 0 else (surviving, surviving)
    margin = Z * math.sqrt(greenwood) / abs(math.log(surviving))
    return surviving ** math.exp(margin), surviving ** math.exp(-margin)
