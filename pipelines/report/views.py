"""The table behind each figure: the same numbers, written for reading and for screen readers."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import polars as pl

from transforms.figures.links import ENDS, START
from transforms.overall import overall, phase_titles, phases_in_order
from transforms.texts import say
from transforms.wording import written_count, written_duration, written_rate, written_share


@dataclass(frozen=True)
class View:
    """A table as text: its headers, and rows whose first cells are their headers."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def _view(names: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> View:
    return View(tuple(say(f"head_{name}") for name in names), tuple(rows))


def funnel_view(phase_metrics: pl.DataFrame, lifecycle: pl.DataFrame) -> View:
    """Write what became of the journeys in each phase.

    Args:
        phase_metrics: one row per phase and segment.
        lifecycle: one row per phase and touchpoint.
    """
    counts = ("reached", "visited", "progressed", "stopped", "still_open", "dropped_off")
    phases = phases_in_order(phase_metrics, lifecycle).to_dicts()
    rows = ((p["title"], *(written_count(p[c]) for c in counts), _open_share(p), _rate(p)) for p in phases)
    return _view(("phase", *counts, "open_share", "rate"), rows)


def _open_share(phase: dict[str, Any]) -> str:
    return written_share(phase["still_open"] / phase["reached"] if phase["reached"] else None)


def _rate(phase: dict[str, Any]) -> str:
    return written_rate(phase["drop_off_rate"], phase["drop_off_low"], phase["drop_off_high"])


def dwell_view(phase_metrics: pl.DataFrame, lifecycle: pl.DataFrame) -> View:
    """Write the time in each phase.

    Args:
        phase_metrics: one row per phase and segment; times in seconds.
        lifecycle: one row per phase and touchpoint.
    """
    counts = ("stays", "completed_stays")
    times = ("km_median_dwell_seconds", "median_dwell_seconds", "p90_dwell_seconds")
    phases = phases_in_order(phase_metrics, lifecycle).to_dicts()
    rows = (
        (p["title"], *(written_count(p[c]) for c in counts), *(written_duration(p[t]) for t in times)) for p in phases
    )
    return _view(("phase", "stays", "completed", "km", "median", "p90"), rows)


def touchpoints_view(touchpoints: pl.DataFrame) -> View:
    """Write how many purchases took how many touchpoints, the tail in full.

    Args:
        touchpoints: one row per number of touchpoints and segment.
    """
    columns = ("touchpoint_count", "journeys", "share", "cumulative_share")
    counts = overall(touchpoints).sort("touchpoint_count").select(columns)
    rows = (
        (written_count(count), written_count(journeys), written_share(share), written_share(cumulative))
        for count, journeys, share, cumulative in counts.iter_rows()
    )
    return _view(("touchpoints", "purchases", "share", "cumulative"), rows)


def sankey_view(transitions: pl.DataFrame, lifecycle: pl.DataFrame) -> View:
    """Write every transition between phases up to the purchase, also those that the figure merges.

    Args:
        transitions: one row per edge and segment; times in seconds.
        lifecycle: one row per phase and touchpoint, for titles and order.
    """
    titles = {START: say(f"state_{START}"), **phase_titles(lifecycle)} | {end: say(f"state_{end}") for end in ENDS}
    order = {state: place for place, state in enumerate(titles)}
    moves = overall(transitions).filter((pl.col("part") == "to_purchase") & (pl.col("level") == "phase")).to_dicts()
    moves.sort(key=lambda move: (order[move["from_state"]], order[move["to_state"]]))
    rows = (
        (
            titles[move["from_state"]],
            titles[move["to_state"]],
            written_count(move["transition_count"]),
            written_share(move["probability"]),
            written_duration(move["median_seconds"]),
        )
        for move in moves
    )
    return _view(("from", "to", "count", "probability", "median_time"), rows)
