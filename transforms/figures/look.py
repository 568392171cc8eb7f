"""How the figures look: one palette, legible for the colour-blind, and one dress for every figure.

Figures are drawn in the light colours; a page recolours them for the dark by replacing each light colour with
its dark one, so no two roles share a light colour.
"""

import html
from typing import Any

import plotly.graph_objects as go

from transforms.wording import shortened

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Liberation Sans', Arial, sans-serif"

LIGHT = {
    "page": "#f3f5f8",
    "paper": "#ffffff",
    "ink": "#1b2430",
    "muted": "#535e6d",
    "grid": "#dde2e8",
    "moved": "#2f6fab",
    "bought": "#0f2f57",
    "open": "#87919f",
    "dropped": "#d9702e",
    "back": "#a8478a",
    "on_moved": "#fffffe",
    "on_bought": "#fffffd",
    "on_open": "#0b1119",
    "on_dropped": "#0b111a",
    "link_moved": "rgba(47,111,171,0.48)",
    "link_entry": "rgba(47,111,171,0.17)",
    "link_bought": "rgba(15,47,87,0.85)",
    "link_open": "rgba(135,145,159,0.42)",
    "link_dropped": "rgba(217,112,46,0.50)",
    "link_back": "rgba(168,71,138,0.50)",
    "link_rest": "rgba(83,94,109,0.16)",
    "label": "rgba(255,255,255,0.82)",
    "since": "#5b6675",
}
DARK = {
    "page": "#10151c",
    "paper": "#19202a",
    "ink": "#e9eef4",
    "muted": "#aab5c2",
    "grid": "#333e4b",
    "moved": "#62a0dc",
    "bought": "#d5e6f8",
    "open": "#788493",
    "dropped": "#ee9254",
    "back": "#dd8cc4",
    "on_moved": "#0c131c",
    "on_bought": "#0c131d",
    "on_open": "#05080c",
    "on_dropped": "#0c131e",
    "link_moved": "rgba(98,160,220,0.45)",
    "link_entry": "rgba(98,160,220,0.24)",
    "link_bought": "rgba(213,230,248,0.85)",
    "link_open": "rgba(120,132,147,0.45)",
    "link_dropped": "rgba(238,146,84,0.50)",
    "link_back": "rgba(221,140,196,0.50)",
    "link_rest": "rgba(170,181,194,0.16)",
    "label": "rgba(25,32,42,0.80)",
    "since": "#93a0b0",
}
RECOLOUR = {LIGHT[role]: DARK[role] for role in LIGHT}


def plain(text: str, length: int = 30) -> str:
    """Make text that came from outside inert in a figure, where Plotly would read tags in it.

    >>> plain("<b>Desire</b>")
    '&lt;b&gt;Desire&lt;/b&gt;'
    """
    return html.escape(shortened(text, length), quote=False)


def note(text: str, x: float, y: float, **layout: Any) -> dict[str, Any]:
    """Describe a text without an arrow; x is a share of the width unless the layout says otherwise.

    >>> note("hello", 0, 1)["showarrow"]
    False
    """
    return {"text": text, "x": x, "y": y, "xref": "paper", "yref": "y", "showarrow": False} | layout


def row_notes(row: int, title: str, aside: str, below: str) -> list[dict[str, Any]]:
    """Write a row's title and an aside over its marks, and a line of detail under them.

    The texts stand over and under the marks, not beside them, so that none meets another on a phone.

    Args:
        row: from 0, counted from the top; the row stands at y = -row.
        title: from outside, made inert here.
        aside: short, on the right; may be empty.
        below: detail, on the left.

    >>> [text["y"] for text in row_notes(2, "Desire", "58 reached", "12 % still open")]
    [-2, -2, -2]
    """
    ground = {"bgcolor": LIGHT["paper"], "borderpad": 0}  # no grid line runs through the words
    left: dict[str, Any] = {"xanchor": "left", "align": "left", **ground}
    over: dict[str, Any] = {"yshift": 14, "yanchor": "bottom"}
    under: dict[str, Any] = {"yshift": -14, "yanchor": "top"}
    quiet = {"font": {"color": LIGHT["muted"], "size": 12.5}}
    bold = {"font": {"size": 14, "color": LIGHT["ink"], "weight": 600}}
    return [
        note(plain(title, 26), 0, -row, **left, **over, **bold),
        *([note(aside, 1, -row, xanchor="right", **over, **quiet)] if aside else []),
        note(below, 0, -row, **left, **under, **quiet),
    ]


def dress(figure: go.Figure, height: int, **layout: Any) -> go.Figure:
    """Give a figure the house's colours, font, legend and margins.

    Args:
        figure: changed in place and returned.
        height: pixels; the width is that of the page.
        layout: what this figure wants otherwise.

    >>> dress(go.Figure(), 300).layout.height
    300
    """
    house: dict[str, Any] = {
        "template": "none",
        "height": height,
        "autosize": True,
        "margin": {"l": 2, "r": 2, "t": 4, "b": 4, "pad": 0},
        "paper_bgcolor": LIGHT["paper"],
        "plot_bgcolor": LIGHT["paper"],
        "font": {"family": FONT, "size": 13, "color": LIGHT["ink"]},
        "hoverlabel": {
            "bgcolor": LIGHT["paper"],
            "bordercolor": LIGHT["muted"],
            "font": {"family": FONT, "size": 13, "color": LIGHT["ink"]},
            "align": "left",
        },
        "legend": {
            "orientation": "h",
            "x": 0,
            "y": 1,
            "yanchor": "bottom",
            "itemclick": False,
            "traceorder": "normal",
        },
        "dragmode": False,
    }
    parts = {name: {**house[name], **own} for name, own in layout.items() if isinstance(house.get(name), dict)}
    figure.layout = go.Layout({**house, **layout, **parts})
    return figure


def hidden_axis(**settings: Any) -> dict[str, Any]:
    """Describe an axis that is not drawn and that a finger cannot drag.

    >>> hidden_axis(range=[0, 1])["visible"]
    False
    """
    return {"visible": False, "fixedrange": True, **settings}


def rows_axis(rows: int) -> dict[str, Any]:
    """Describe the hidden axis of a figure of rows, the first on top.

    >>> rows_axis(6)["range"]
    [-5.55, 0.45]
    """
    return hidden_axis(range=[-rows + 0.45, 0.45])
