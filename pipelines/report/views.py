"""The table behind each figure: the same numbers, written for reading and for screen readers."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import polars as pl

from transforms.figures.links import ENDS, START
from transforms.overall import overall, phase_titles, phases_in_order
from transforms.wording import Words


@dataclass(frozen=True)
class View:
    """A table as text: its headers, and rows whose first cells are their headers."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def _view(names: tuple[str, ...], rows: Iterable[tuple[str, ...]], words: Words) -> View:
    return View(tuple(words.say(f"head_{name}") for name in names), tuple(rows))


def funnel_view(phase_metrics: pl.DataFrame, lifecycle: pl.DataFrame, words: Words) -> View:
    """Write what became of the journeys in each phase.

    Args:
        phase_metrics: one row per phase and segment.
        lifecycle: one row per phase and touchpoint.
        words: the language that is spoken.
    """
    counts = ("reached", "visited", "progressed", "stopped", "still_open", "dropped_off")
    phases = phases_in_order(phase_metrics, lifecycle).to_dicts()
    rows = ((p["title"], *(words.count(p[c]) for c in counts), _open_share(p, words), _rate(p, words)) for p in phases)
    return _view(("phase", *counts, "open_share", "rate"), rows, words)


def _open_share(phase: dict[str, Any], words: Words) -> str:
    return words.share(phase["still_open"] / phase["reached"] if phase["reached"] else None)


def _rate(phase: dict[str, Any], words: Words) -> str:
    return words.rate(phase["drop_off_rate"], phase["drop_off_low"], phase["drop_off_high"])


def dwell_view(phase_metrics: pl.DataFrame, lifecycle: pl.DataFrame, words: Words) -> View:
    """Write the time in each phase.

    Args:
        phase_metrics: one row per phase and segment; times in seconds.
        lifecycle: one row per phase and touchpoint.
        words: the language that is spoken.
    """
    counts = ("stays", "completed_stays")
    times = ("km_median_dwell_seconds", "median_dwell_seconds", "p90_dwell_seconds")
    phases = phases_in_order(phase_metrics, lifecycle).to_dicts()
    rows = ((p["title"], *(words.count(p[c]) for c in counts), *(words.duration(p[t]) for t in times)) for p in phases)
    return _view(("phase", "stays", "completed", "km", "median", "p90"), rows, words)


def touchpoints_view(touchpoints: pl.DataFrame, words: Words) -> View:
    """Write how many purchases took how many touchpoints, the tail in full.

    Args:
        touchpoints: one row per number of touchpoints and segment.
        words: the language that is spoken.
    """
    columns = ("touchpoint_count", "journeys", "share", "cumulative_share")
    counts = overall(touchpoints).sort("touchpoint_count").select(columns)
    rows = (
        (words.count(count), words.count(journeys), words.share(share), words.share(cumulative))
        for count, journeys, share, cumulative in counts.iter_rows()
    )
    return _view(("touchpoints", "purchases", "share", "cumulative"), rows, words)


def sankey_view(transitions: pl.DataFrame, lifecycle: pl.DataFrame, words: Words) -> View:
    """Write every transition between phases up to the purchase, also those that the figure merges.

    Args:
        transitions: one row per edge and segment; times in seconds.
        lifecycle: one row per phase and touchpoint, for titles and order.
        words: the language that is spoken.
    """
    ends = {end: words.say(f"state_{end}") for end in ENDS}
    titles = {START: words.say(f"state_{START}"), **phase_titles(lifecycle), **ends}
    order = {state: place for place, state in enumerate(titles)}
    moves = overall(transitions).filter((pl.col("part") == "to_purchase") & (pl.col("level") == "phase")).to_dicts()
    moves.sort(key=lambda move: (order[move["from_state"]], order[move["to_state"]]))
    rows = (
        (
            titles[move["from_state"]],
            titles[move["to_state"]],
            words.count(move["transition_count"]),
            words.share(move["probability"]),
            words.duration(move["median_seconds"]),
        )
        for move in moves
    )
    return _view(("from", "to", "count", "probability", "median_time"), rows, words)
