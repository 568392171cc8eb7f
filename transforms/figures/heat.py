"""Shares of two things as a heat map: every cell says its number, so that the colour only points."""

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from transforms.figures.look import LIGHT, dress, hidden_axis, note, plain

ROW_PIXELS, HEAD_PIXELS, LOW_HEAD_PIXELS = 50, 100, 44
MOST_SIGNS = 50  # so many stand side by side on a phone
LEAST_GROUND, GROUND = 0.04, 0.51  # at most so strong that words on it keep their contrast, in the light and the dark


def heat_figure(
    rows: Sequence[str], columns: Sequence[str], cells: dict[tuple[int, int], tuple[float, str, str]], role: str
) -> go.Figure:
    """Draw cells on a ground that is the darker the greater the share; a cell that is missing stays empty.

    The title of a row stands over its cells, not beside them: there is no room for it on a phone.

    Args:
        rows: titles of the rows, the first on top; made inert here.
        columns: titles of the columns; made inert here.
        cells: share, words in the cell and words on hover, by row and column.
        role: the colour of the house that the ground takes.

    >>> heat_figure(["a"], ["b"], {(0, 0): (0.5, "50 %", "half")}, "moved").data[0].text
    ('50 %',)
    """
    head = HEAD_PIXELS if _are_slanted(columns) else LOW_HEAD_PIXELS
    return dress(
        go.Figure([_words(cells)]),
        height=ROW_PIXELS * len(rows) + head,
        margin={"l": 2, "r": 2 if head == LOW_HEAD_PIXELS else 24, "t": head - 8, "b": 4},
        xaxis=hidden_axis(range=[-0.5, len(columns) - 0.5]),
        yaxis=hidden_axis(range=[-len(rows) + 0.5, 0.5]),
        shapes=[_ground(row, column, share, role) for (row, column), (share, _, _) in cells.items()],
        annotations=[*_heads(columns), *_titles(rows)],
        showlegend=False,
    )


def _words(cells: dict[tuple[int, int], tuple[float, str, str]]) -> go.Scatter:
    return go.Scatter(
        x=[column for _, column in cells],
        y=[-row - 0.17 for row, _ in cells],
        mode="text",
        text=[words for _, words, _ in cells.values()],
        textfont={"size": 11.5, "color": LIGHT["ink"]},
        customdata=[hover for _, _, hover in cells.values()],
        hovertemplate="%{customdata}<extra></extra>",
    )


def _ground(row: int, column: int, share: float, role: str) -> dict[str, Any]:
    return {
        "type": "rect",
        "x0": column - 0.48,
        "x1": column + 0.48,
        "y0": -row - 0.45,
        "y1": -row + 0.11,
        "fillcolor": LIGHT[role],
        "opacity": LEAST_GROUND + GROUND * min(share, 1.0),
        "line": {"width": 0},
        "layer": "below",
    }


def _are_slanted(columns: Sequence[str]) -> bool:
    return len(columns) * max(map(len, columns), default=0) > MOST_SIGNS


def _heads(columns: Sequence[str]) -> list[dict[str, Any]]:
    quiet: dict[str, Any] = {"font": {"size": 11.5, "color": LIGHT["muted"]}, "xref": "x", "yanchor": "bottom"}
    slanted: dict[str, Any] = {"textangle": -52, "xanchor": "left", "xshift": -12}
    turned = slanted if _are_slanted(columns) else {"xanchor": "center"}
    return [note(plain(title, 13), place, 0.5, **quiet, **turned) for place, title in enumerate(columns)]


def _titles(rows: Sequence[str]) -> list[dict[str, Any]]:
    bold = {"font": {"size": 12.5, "color": LIGHT["ink"], "weight": 600}}
    return [
        note(plain(title, 40), 0, -row + 0.1, xanchor="left", yanchor="bottom", align="left", **bold)
        for row, title in enumerate(rows)
    ]
