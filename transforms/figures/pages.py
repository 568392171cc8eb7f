"""Pages near the purchase that sessions leave without buying: the share that does, with its interval."""

from typing import Any

import plotly.graph_objects as go
import polars as pl

from transforms.figures.look import LIGHT, dress, plain, row_notes, rows_axis
from transforms.wording import Words, shortened

ROW_PIXELS = 66
PATH_HEAD, PATH_TAIL = 9, 16  # both ends tell a path from others, and leave room for its rate on a phone
TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)


def pages_figure(pages: pl.DataFrame, words: Words) -> go.Figure:
    """Draw a mark a page at its rate, on a line as long as the interval.

    Args:
        pages: one row per page, in order (models/report/pages.sql); paths are made inert here.
        words: the language that is spoken.

    >>> from transforms.wording import words_in
    >>> row = {"page_path": "/cart", "sessions": 9, "lost_exits": 3, "lost_rate": 1 / 3, "lost_low": 0.1,
    ...        "lost_high": 0.6}
    >>> pages_figure(pl.DataFrame([row]), words_in("en")).data[1].x
    (0.3333333333333333,)
    """
    rows = pages.to_dicts()
    return dress(
        go.Figure([_intervals(rows), _marks(rows, words)]),
        height=ROW_PIXELS * len(rows) + 50,
        margin={"l": 10, "r": 10, "t": 4, "b": 26},
        showlegend=False,
        xaxis={
            "range": [0, 1],
            "tickvals": TICKS,
            "ticktext": [words.share(tick) for tick in TICKS],
            "tickangle": 0,
            "tickfont": {"color": LIGHT["muted"], "size": 12},
            "gridcolor": LIGHT["grid"],
            "zeroline": False,
            "fixedrange": True,
        },
        yaxis=rows_axis(len(rows)),
        annotations=[text for place, row in enumerate(rows) for text in _notes(place, row, words)],
    )


def _intervals(rows: list[dict[str, Any]]) -> go.Scatter:
    x = [end for row in rows for end in (row["lost_low"], row["lost_high"], None)]
    y = [end for place in range(len(rows)) for end in (-place, -place, None)]
    return go.Scatter(x=x, y=y, mode="lines", line={"color": LIGHT["dropped"], "width": 3}, hoverinfo="skip")


def _marks(rows: list[dict[str, Any]], words: Words) -> go.Scatter:
    return go.Scatter(
        x=[row["lost_rate"] for row in rows],
        y=[-place for place in range(len(rows))],
        mode="markers",
        marker={"size": 12, "color": LIGHT["dropped"], "line": {"color": LIGHT["paper"], "width": 2}},
        cliponaxis=False,
        customdata=[f"{plain(row['page_path'], 80)}<br>{_rate(row, words)}" for row in rows],
        hovertemplate="%{customdata}<extra></extra>",
    )


def _rate(row: dict[str, Any], words: Words) -> str:
    return words.rate(row["lost_rate"], row["lost_low"], row["lost_high"])


def _notes(place: int, row: dict[str, Any], words: Words) -> list[dict[str, Any]]:
    lost, sessions = words.count(row["lost_exits"]), words.count(row["sessions"])
    below = words.say("pages_below", row["sessions"], lost=lost, sessions=sessions)
    title, *rest = row_notes(place, "", f"<b>{words.share(row['lost_rate'])}</b>", below)
    return [title | {"text": plain(_ends(row["page_path"]))}, *rest]


def _ends(path: str) -> str:
    """Both ends of a long path, for the paths of a site often begin alike.

    >>> _ends("/cart"), _ends("/shop/kitchen/knives/bread-knife")
    ('/cart', '/shop/kit…ives/bread-knife')
    """
    line = shortened(path, len(path) + 1)
    return line if len(line) <= PATH_HEAD + PATH_TAIL + 1 else f"{line[:PATH_HEAD]}…{line[-PATH_TAIL:]}"
