"""Time in phase: the Kaplan–Meier median beside the median over completed stays, so that the bias shows."""

from typing import Any

import plotly.graph_objects as go
import polars as pl

from transforms.figures.look import LIGHT, dress, plain, row_notes, rows_axis
from transforms.figures.times import time_axis
from transforms.overall import phases_in_order
from transforms.wording import Words

ROW_PIXELS = 78
PAD = 0.28  # of the width, on either side: room for the labels beside the marks
MEASURES = (("median_dwell_seconds", "dwell_median"), ("km_median_dwell_seconds", "dwell_km"))


def dwell_figure(phase_metrics: pl.DataFrame, lifecycle: pl.DataFrame, words: Words) -> go.Figure:
    """Draw both medians of the time in each phase, joined by a line, on a logarithmic axis.

    A time under a second stands at a second, where a logarithmic axis can show it; its label says what it is.

    Args:
        phase_metrics: one row per phase and segment; times in seconds.
        lifecycle: one row per phase and touchpoint, for titles and order.
        words: the language that is spoken.

    >>> from transforms.wording import words_in
    >>> columns = ["phase", "phase_index", "stays", "completed_stays", "median_dwell_seconds",
    ...            "km_median_dwell_seconds"]
    >>> metrics = pl.DataFrame([("cart", 1, 9, 5, 60.0, 7200.0)], schema=columns, orient="row")
    >>> titles = pl.DataFrame({"phase": ["cart"], "phase_title": ["Cart"], "stage": ["during"]})
    >>> figure = dwell_figure(metrics.with_columns(dimension=pl.lit("all")), titles, words_in("en"))
    >>> [trace.x for trace in figure.data if trace.name]
    [(60.0,), (7200.0,)]
    """
    phases = phases_in_order(phase_metrics, lifecycle).to_dicts()
    notes = [text for row, phase in enumerate(phases) for text in _notes(row, phase, words)]
    return dress(
        go.Figure([_joins(phases), *(_marks(phases, *measure, words) for measure in MEASURES)]),
        height=ROW_PIXELS * len(phases) + 70,
        margin={"l": 2, "r": 2, "t": 4, "b": 26},
        xaxis=_axis(phases, words),
        yaxis=rows_axis(len(phases)),
        annotations=notes,
    )


def _shown(seconds: float | None) -> float | None:
    return None if seconds is None else max(seconds, 1.0)


def _times(phases: list[dict[str, Any]]) -> list[float]:
    times = (_shown(phase[measure]) for phase in phases for measure, _ in MEASURES)
    return [time for time in times if time is not None]


def _axis(phases: list[dict[str, Any]], words: Words) -> dict[str, Any]:
    times = _times(phases) or [1.0, 86400.0]
    return time_axis(min(times), max(times), PAD, words)


def _joins(phases: list[dict[str, Any]]) -> go.Scatter:
    x: list[float | None] = []
    y: list[int | None] = []
    for row, phase in enumerate(phases):
        x += [*(_shown(phase[measure]) for measure, _ in MEASURES), None]
        y += [-row, -row, None]
    line = {"color": LIGHT["open"], "width": 2}
    return go.Scatter(x=x, y=y, mode="lines", line=line, hoverinfo="skip", showlegend=False)


def _marks(phases: list[dict[str, Any]], measure: str, name: str, words: Words) -> go.Scatter:
    is_km = name == "dwell_km"
    other = MEASURES[0][0] if is_km else MEASURES[1][0]
    role = "moved" if is_km else "muted"
    fill = LIGHT["moved"] if is_km else LIGHT["paper"]
    return go.Scatter(
        name=words.say(name),
        x=[_shown(phase[measure]) for phase in phases],
        y=[-row for row in range(len(phases))],
        mode="markers+text",
        marker={"size": 13, "color": fill, "line": {"color": LIGHT[role], "width": 2}},
        text=["" if phase[measure] is None else f"  {words.duration(phase[measure])}  " for phase in phases],
        textposition=[f"middle {_side(phase[measure], phase[other], is_km)}" for phase in phases],
        textfont={"color": LIGHT[role], "weight": 600 if is_km else 400},
        cliponaxis=False,
        customdata=[plain(phase["title"]) for phase in phases],
        hovertemplate=f"<b>%{{customdata}}</b><br>{words.say(name)}: %{{text}}<extra></extra>",
    )


def _side(own: float | None, other: float | None, is_km: bool) -> str:
    if own is None or other is None or own == other:
        return "right" if is_km or other is None else "left"
    return "right" if own > other else "left"


def _notes(row: int, phase: dict[str, Any], words: Words) -> list[dict[str, Any]]:
    if not phase["stays"]:
        return row_notes(row, phase["title"], "", words.say("dwell_no_stays"))
    name = "dwell_stays" if phase["km_median_dwell_seconds"] is not None else "dwell_stays_no_km"
    completed, stays = words.count(phase["completed_stays"]), words.count(phase["stays"])
    return row_notes(row, phase["title"], "", words.say(name, phase["stays"], completed=completed, stays=stays))
