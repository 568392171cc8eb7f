"""Segments side by side: their share of the journeys beside their share of the purchases."""

from typing import Any

import plotly.graph_objects as go
import polars as pl

from transforms.figures.look import LIGHT, dress, hidden_axis, note, plain, row_notes
from transforms.marks import mark
from transforms.segments import segment_title
from transforms.wording import Words

ROW_PIXELS, GROUP_ROWS = 92, 0.62
SHARES = (("journey_share", "open", 0.1), ("converted_share", "moved", -0.08))


def segments_figure(segments: pl.DataFrame, words: Words) -> go.Figure:
    """Draw two bars a segment, each a share of the whole; under them its conversion rate, marked where it differs.

    Args:
        segments: one row per segment, in order; `journey_share`, `converted_share` and the conversion rate.
        words: the language that is spoken.

    >>> from transforms.wording import words_in
    >>> row = {"dimension": "customer", "segment": "prospect", "journey_share": 0.9, "converted_share": 0.5,
    ...        "conversion_rate": 0.1, "conversion_low": 0.05, "conversion_high": 0.2, "difference": -0.2,
    ...        "is_significant": True}
    >>> [bar.x for bar in segments_figure(pl.DataFrame([row]), words_in("en")).data]
    [(0.9,), (0.5,)]
    """
    rows = segments.to_dicts()
    places = _places(rows)
    lowest = min(places, default=0.0)
    notes = [text for row, place in zip(rows, places, strict=True) for text in _notes(row, place, words)]
    return dress(
        go.Figure([_bars(rows, places, *share, words) for share in SHARES]),
        height=round(ROW_PIXELS * (0.9 - lowest)),
        xaxis=hidden_axis(range=[0, 1.15]),
        yaxis=hidden_axis(range=[lowest - 0.42, 0.98]),
        barmode="overlay",
        annotations=[*notes, *_heads(rows, places, words)],
    )


def _places(rows: list[dict[str, Any]]) -> list[float]:
    """A row of the figure for each, and room for a heading where a dimension begins."""
    places, place = [], 0.0
    for number, row in enumerate(rows):
        if number:
            place -= 1 if rows[number - 1]["dimension"] == row["dimension"] else 1 + GROUP_ROWS
        places.append(place)
    return places


def _bars(rows: list[dict[str, Any]], places: list[float], share: str, role: str, shift: float, words: Words) -> go.Bar:
    return go.Bar(
        name=words.say(f"segments_{share}"),
        orientation="h",
        x=[row[share] for row in rows],
        y=[place + shift for place in places],
        width=0.15,
        marker={"color": LIGHT[role]},
        text=[words.share(row[share]) for row in rows],
        textposition="outside",
        textfont={"size": 11.5},
        cliponaxis=False,
        constraintext="none",
        customdata=[f"{plain(_title(row, words))}: {words.share(row[share])}" for row in rows],
        hovertemplate=f"{words.say(f'segments_{share}')}<br>%{{customdata}}<extra></extra>",
    )


def _notes(row: dict[str, Any], place: float, words: Words) -> list[dict[str, Any]]:
    rate = words.rate(row["conversion_rate"], row["conversion_low"], row["conversion_high"])
    below = words.say("segments_rate", rate=f"<b>{rate}</b>{mark(row)}")
    if row["conversion_rate"] is None:
        below = words.say("segments_no_rate")
    title, detail = row_notes(0, _title(row, words), "", below)
    return [title | {"y": place + 0.1}, detail | {"y": place - 0.06}]


def _title(row: dict[str, Any], words: Words) -> str:
    return segment_title(row["dimension"], row["segment"], words)


def _heads(rows: list[dict[str, Any]], places: list[float], words: Words) -> list[dict[str, Any]]:
    quiet = {"font": {"size": 12, "color": LIGHT["muted"]}, "xanchor": "left", "yanchor": "bottom"}
    first = {row["dimension"]: place for row, place in reversed(list(zip(rows, places, strict=True)))}
    return [
        note(words.say(f"dimension_{dimension}").upper(), 0, place + 0.62, **quiet)
        for dimension, place in first.items()
    ]
