"""The transitions of section 6: two parts, two levels, none cut off."""

from itertools import pairwise

from tests.reference.journeys import ENDS, Clock, first_conversion
from tests.reference.statistics import counted_seconds, median, quantile
from tests.reference.values import Row

Edge = tuple[str, str, str, str]


def transition_rows(journeys: list[Row], touchpoints: list[list[Row]], clock: Clock) -> list[Row]:
    """The transitions of one segment, with counts, probabilities and times."""
    times: dict[Edge, list[float | None]] = {}
    decided = decided_steps(journeys, touchpoints, clock)
    for journey, mine in zip(journeys, touchpoints, strict=True):
        for level in ("phase", "touchpoint"):
            for edge, seconds in steps(journey, mine, level, clock):
                times.setdefault(edge, []).append(seconds)
    leaving: dict[tuple[str, str, str], int] = {}
    for (part, level, from_state, _), all_times in times.items():
        leaving[part, level, from_state] = leaving.get((part, level, from_state), 0) + len(all_times)
    rows = []
    for edge in sorted(times):
        row: Row = dict(zip(("part", "level", "from_state", "to_state"), edge, strict=True))
        known = [counted_seconds(seconds) for seconds in times[edge] if seconds is not None]
        row["transition_count"] = len(times[edge])
        row["probability"] = row["transition_count"] / leaving[edge[:3]]
        row["decided_count"] = decided.get(edge, 0) if edge[0] == "to_purchase" else None
        rows.append(row | {"median_seconds": median(known), "p90_seconds": quantile(known, 0.9)})
    return rows


def decided_steps(journeys: list[Row], touchpoints: list[list[Row]], clock: Clock) -> dict[Edge, int]:
    """How often each transition stands in mature journeys that converted or dropped off."""
    found: dict[Edge, int] = {}
    for journey, mine in zip(journeys, touchpoints, strict=True):
        if journey["is_mature"] and journey["outcome"] != "open":
            for level in ("phase", "touchpoint"):
                for edge, _ in steps(journey, mine, level, clock):
                    found[edge] = found.get(edge, 0) + 1
    return found


def steps(journey: Row, touchpoints: list[Row], level: str, clock: Clock) -> list[tuple[Edge, float | None]]:
    """The transitions of one journey at one level."""
    bought = first_conversion(touchpoints)
    end = ENDS[journey["outcome"]]
    if bought is None:
        return walk("to_purchase", level, "(start)", touchpoints, end, clock)
    found = walk("to_purchase", level, "(start)", touchpoints[: bought + 1], end, clock)
    is_over = "(end)" if journey["is_closed"] else "(open)"
    return found + walk("after_purchase", level, "(converted)", touchpoints[bought + 1 :], is_over, clock)


def walk(
    part: str, level: str, start: str, touchpoints: list[Row], end: str, clock: Clock
) -> list[tuple[Edge, float | None]]:
    """From the start over the states to the end; times only between two states."""
    entries: list[tuple[str, int]] = []
    for touchpoint in touchpoints:
        if level == "touchpoint" or not entries or entries[-1][0] != touchpoint["phase"]:
            entries.append((touchpoint[level], touchpoint["occurred_at"]))
    states = [start, *(state for state, _ in entries), end]
    between = [clock.seconds(one, other) for (_, one), (_, other) in pairwise(entries)]
    seconds = [None, *between, None] if entries else [None]
    return [((part, level, *pair), time) for pair, time in zip(pairwise(states), seconds, strict=True)]
