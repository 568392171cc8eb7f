"""Time in phase as Kaplan–Meier curves: the share that is still there, open journeys counted while they are watched."""

from typing import Any

import plotly.graph_objects as go
import polars as pl

from transforms.figures.look import LIGHT, dress, row_notes
from transforms.figures.times import time_axis
from transforms.overall import phase_titles
from transforms.wording import Words

ROW_PIXELS, CURVE, FOOT = 124, 0.52, -0.30
LEAST_SECONDS = 1.0


def curves_figure(curves: pl.DataFrame, lifecycle: pl.DataFrame, words: Words) -> go.Figure:
    r"""Draw a curve a phase over one logarithmic axis, each on a ground of its own, with its 95 % interval.

    What left within a second has left where the axis begins.

    Args:
        curves: one row per phase and step (table dwell_curves, one segment); seconds.
        lifecycle: one row per phase and touchpoint, for titles and order.
        words: the language that is spoken.

    >>> from transforms.wording import words_in
    >>> steps = {"phase": ["cart"] * 2, "seconds": [0.0, 60.0], "surviving": [1.0, 0.4],
    ...          "surviving_low": [1.0, 0.3], "surviving_high": [1.0, 0.5], "at_risk": [9, 9]}
    >>> titles = pl.DataFrame({"phase": ["cart"], "phase_title": ["Cart"], "phase_index": [1]})
    >>> [line.customdata for line in curves_figure(pl.DataFrame(steps), titles, words_in("en")).data if line.customdata]
    [('1\xa0s: 100\xa0%', '1\xa0min: 40\xa0%')]
    """
    titles = phase_titles(lifecycle)
    steps = {phase: rows for (phase,), rows in curves.sort("seconds").partition_by("phase", as_dict=True).items()}
    phases = [phase for phase in titles if phase in steps]
    last = max((float(rows["seconds"][-1]) for rows in steps.values()), default=86400.0)
    traces = [trace for row, phase in enumerate(phases) for trace in _curve(row, steps[phase], words)]
    return dress(
        go.Figure([*traces]),
        height=ROW_PIXELS * len(phases) + 60,
        margin={"l": 46, "r": 8, "t": 4, "b": 28},
        xaxis=time_axis(LEAST_SECONDS, max(last, 60.0), 0.0, words),
        yaxis=_levels(len(phases), words),
        annotations=[
            row_notes(row, titles[phase], "", "")[0] | {"y": CURVE + FOOT - row, "yshift": 3}
            for row, phase in enumerate(phases)
        ],
        showlegend=False,
    )


def _curve(row: int, steps: pl.DataFrame, words: Words) -> list[go.Scatter]:
    early = steps.filter(pl.col("seconds") <= LEAST_SECONDS).tail(1).with_columns(seconds=pl.lit(LEAST_SECONDS))
    shown = pl.concat([early, steps.filter(pl.col("seconds") > LEAST_SECONDS)]).to_dict(as_series=False)
    x = shown["seconds"]

    def at(name: str) -> list[float | None]:
        return [None if share is None else FOOT - row + CURVE * share for share in shown[name]]

    step: dict[str, Any] = {"x": x, "mode": "lines", "hoverinfo": "skip", "showlegend": False}
    band = [
        go.Scatter(y=at("surviving_low"), line={"width": 0, "shape": "hv"}, **step),
        go.Scatter(
            y=at("surviving_high"), line={"width": 0, "shape": "hv"}, fill="tonexty",
            fillcolor=LIGHT["link_entry"], **step,
        ),
    ]  # fmt: skip
    line = go.Scatter(
        x=x,
        y=at("surviving"),
        mode="lines",
        line={"color": LIGHT["moved"], "width": 2.5, "shape": "hv"},
        customdata=[
            f"{words.duration(seconds)}: {words.share(share)}"
            for seconds, share in zip(x, shown["surviving"], strict=True)
        ],
        hovertemplate="%{customdata}<extra></extra>",
        showlegend=False,
    )
    return [*band, line]


def _levels(rows: int, words: Words) -> dict[str, Any]:
    """A share at the head, the middle and the foot of every curve."""
    levels = [(row, share) for row in range(rows) for share in (0.0, 0.5, 1.0)]
    return {
        "range": [-rows + 1 + FOOT - 0.08, CURVE + FOOT + 0.26],
        "tickvals": [FOOT - row + CURVE * share for row, share in levels],
        "ticktext": [words.share(share) for _, share in levels],
        "tickfont": {"color": LIGHT["muted"], "size": 11},
        "gridcolor": LIGHT["grid"],
        "zeroline": False,
        "fixedrange": True,
    }
