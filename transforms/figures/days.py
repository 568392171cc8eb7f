"""Purchases and sessions day by day: the period that is told, the one before it, and the days that may change."""

from typing import Any

import plotly.graph_objects as go
import polars as pl

from models.periods import Period
from transforms.figures.look import LIGHT, dress, note
from transforms.wording import Words

PANELS = (("conversions", "y", [0.57, 0.92]), ("sessions_started", "y2", [0.0, 0.35]))
DAYS_NAMED = 4  # so many days stand side by side on a phone
ROLES = {"before": "open", "now": "moved", "since": "since"}


def days_figure(days: pl.DataFrame, period: Period, words: Words) -> go.Figure:
    """Draw a bar a day in two panels that share their days; what may still change is hatched.

    Args:
        days: one row per day (models/report/days.sql).
        period: the one that is told; days after it are drawn as well.
        words: the language that is spoken.

    >>> from datetime import date
    >>> from models.periods import period_of
    >>> from transforms.wording import words_in
    >>> row = {"day": date(2026, 5, 4), "conversions": 2.0, "sessions_started": 9.0, "is_provisional": False}
    >>> figure = days_figure(pl.DataFrame([row]), period_of("weekly", date(2026, 5, 4)), words_in("en"))
    >>> [bar.y for bar in figure.data if bar.x]
    [(2.0,), (9.0,)]
    """
    rows = days.with_columns(part=_part(period)).to_dicts()
    heads = [_head(figure, domain[1], words) for figure, _, domain in PANELS]
    if any(row["is_provisional"] for row in rows):
        heads.append(_hatched(words))
    bars = [_bars(rows, panel, part, words) for panel in PANELS for part in ROLES]
    shown = {"gridcolor": LIGHT["grid"], "zeroline": False, "fixedrange": True, "nticks": 4, "rangemode": "tozero"}
    shown |= {"tickformat": ",~r"}
    return dress(
        go.Figure(bars),
        height=380,
        separators=words.separators,
        bargap=0.25,
        margin={"l": 42, "r": 4, "t": 4, "b": 30},
        xaxis={
            "anchor": "y2",
            "tickvals": [row["day"].isoformat() for row in rows[:: max(-(-len(rows) // DAYS_NAMED), 1)]],
            "ticktext": [words.day_short(row["day"]) for row in rows[:: max(-(-len(rows) // DAYS_NAMED), 1)]],
            "tickangle": 0,
            "showgrid": False,
            "fixedrange": True,
        },
        yaxis={"domain": PANELS[0][2], **shown},
        yaxis2={"domain": PANELS[1][2], **shown},
        annotations=heads,
        barmode="overlay",
    )


def _part(period: Period) -> pl.Expr:
    return pl.when(pl.col("day") < period.first).then(pl.lit("before")).when(pl.col("day") > period.last).then(
        pl.lit("since")
    ).otherwise(pl.lit("now"))  # fmt: skip


def _bars(rows: list[dict[str, Any]], panel: tuple[str, str, list[float]], part: str, words: Words) -> go.Bar:
    figure, axis, _ = panel
    own = [row for row in rows if row["part"] == part]
    return go.Bar(
        name=words.say(f"days_{part}"),
        showlegend=figure == "conversions" and bool(own),
        x=[row["day"].isoformat() for row in own],
        y=[row[figure] for row in own],
        yaxis=axis,
        marker={
            "color": LIGHT[ROLES[part]],
            "pattern": {"shape": ["/" if row["is_provisional"] else "" for row in own], "size": 6},
        },
        customdata=[_hover(row, figure, words) for row in own],
        hovertemplate="%{customdata}<extra></extra>",
    )


def _hover(row: dict[str, Any], figure: str, words: Words) -> str:
    value = f"{words.say(f'figure_{figure}')}: {words.count(row[figure])}"
    may_change = words.say("days_provisional") if row["is_provisional"] else ""
    return "<br>".join(filter(None, (words.day(row["day"]), value, may_change)))


def _hatched(words: Words) -> dict[str, Any]:
    quiet = {"font": {"size": 12, "color": LIGHT["muted"]}, "xanchor": "right", "yanchor": "bottom", "yref": "paper"}
    return note(words.say("days_hatched"), 1, PANELS[0][2][1], yshift=4, **quiet)


def _head(figure: str, top: float, words: Words) -> dict[str, Any]:
    bold = {"font": {"size": 13, "weight": 600}, "xanchor": "left", "yanchor": "bottom", "yref": "paper"}
    return note(words.say(f"figure_{figure}"), 0, top, yshift=4, xshift=-40, **bold)
