"""Where it hurts: what it would bring if a tenth fewer ended in a phase, and at the touchpoints of it."""

from typing import Any

import plotly.graph_objects as go
import polars as pl

from transforms.figures.look import LIGHT, dress, hidden_axis, row_notes, rows_axis
from transforms.wording import Words, shortened

ROW_PIXELS = 70
LEVELS = (("phase", "levers_phases", "dropped"), ("touchpoint", "levers_touchpoints", "open"))


def levers_figure(levers: pl.DataFrame, titles: dict[str, str], words: Words) -> go.Figure:
    """Draw a bar for each phase and touchpoint, as long as the further purchases that it would bring.

    Args:
        levers: one row per phase and touchpoint, in order (models/report/levers.sql).
        titles: of phases and touchpoints.
        words: the language that is spoken.

    >>> from transforms.wording import words_in
    >>> row = {"level": "phase", "state": "cart", "left_here": 90, "extra_purchases": 4.5, "low": 1.0, "high": 8.0,
    ...        "extra_revenue": 450.0}
    >>> levers_figure(pl.DataFrame([row]), {"cart": "Cart"}, words_in("en")).data[0].x
    (4.5,)
    """
    rows = levers.to_dicts()
    longest = max((row["extra_purchases"] for row in rows), default=0) or 1
    notes = [text for place, row in enumerate(rows) for text in _notes(place, row, titles, words)]
    return dress(
        go.Figure([_bars(rows, *level, words) for level in LEVELS]),
        height=ROW_PIXELS * len(rows) + 40,
        barmode="overlay",
        xaxis=hidden_axis(range=[0, longest]),
        yaxis=rows_axis(len(rows)),
        annotations=notes,
    )


def _bars(rows: list[dict[str, Any]], level: str, name: str, role: str, words: Words) -> go.Bar:
    return go.Bar(
        name=words.say(name),
        orientation="h",
        x=[row["extra_purchases"] if row["level"] == level else None for row in rows],
        y=[-place for place in range(len(rows))],
        width=0.3,
        marker={"color": LIGHT[role]},
        customdata=[_extra(row, words) for row in rows],
        hovertemplate="%{customdata}<extra></extra>",
    )


def _extra(row: dict[str, Any], words: Words) -> str:
    n = row["extra_purchases"]
    return words.say("map_extra", n, n=words.estimate(n))


def _notes(place: int, row: dict[str, Any], titles: dict[str, str], words: Words) -> list[dict[str, Any]]:
    lost = words.say("map_lost", n=words.count(row["left_here"]))
    money = "" if row["extra_revenue"] is None else words.about(row["extra_revenue"])
    aside = f"<b>{_extra(row, words)}</b>"
    below = " · ".join(filter(None, (lost, words.estimates(row["low"], row["high"]), money)))
    return row_notes(place, shortened(titles.get(row["state"], row["state"]), 40), aside, below)
