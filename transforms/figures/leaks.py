"""Where it hurts: what was at stake where journeys ended that dropped off, the vital few in a colour of their own."""

from typing import Any

import plotly.graph_objects as go
import polars as pl

from transforms.figures.look import LIGHT, dress, hidden_axis, row_notes, rows_axis
from transforms.wording import Words, shortened

ROW_PIXELS = 70


def leaks_figure(leaks: pl.DataFrame, titles: dict[str, str], words: Words) -> go.Figure:
    """Draw a bar a leak, as long as its value at stake; those that make up 80 % of it stand out.

    Args:
        leaks: one row per leak, the rest as one, in order (models/report/leaks.sql).
        titles: of phases, touchpoints and the rest.
        words: the language that is spoken.

    >>> from transforms.wording import words_in
    >>> row = {"phase": "cart", "touchpoint": "cart_page", "dropped_off": 9, "value_at_stake": 12.0,
    ...        "value_share": 1.0, "kinds": 1, "vital": 1}
    >>> leaks_figure(pl.DataFrame([row]), {"cart": "Cart", "cart_page": "Cart page"}, words_in("en")).data[0].x
    (12.0,)
    """
    rows = leaks.to_dicts()
    longest = max((row["value_at_stake"] or 0 for row in rows), default=0) or 1
    groups = (("leaks_vital", "dropped", True), ("leaks_others", "open", False))
    notes = [text for place, row in enumerate(rows) for text in _notes(place, row, titles, words)]
    return dress(
        go.Figure([_bars(rows, titles, *group, words) for group in groups]),
        height=ROW_PIXELS * len(rows) + 40,
        barmode="overlay",
        xaxis=hidden_axis(range=[0, longest]),
        yaxis=rows_axis(len(rows)),
        annotations=notes,
    )


def leak_title(row: dict[str, Any], titles: dict[str, str], words: Words) -> str:
    """The last touchpoint of a leak; of the rest, how many there are."""
    if row["touchpoint"] == "(rest)":
        return words.say("leaks_rest", row["kinds"], n=words.count(row["kinds"]))
    return shortened(titles.get(row["touchpoint"], row["touchpoint"]), 40)


def _bars(
    rows: list[dict[str, Any]], titles: dict[str, str], name: str, role: str, is_vital: bool, words: Words
) -> go.Bar:
    return go.Bar(
        name=words.say(name),
        orientation="h",
        x=[row["value_at_stake"] if bool(row["vital"]) == is_vital else None for row in rows],
        y=[-place for place in range(len(rows))],
        width=0.3,
        marker={"color": LIGHT[role]},
        customdata=[_money(row, words) for row in rows],
        hovertemplate="%{customdata}<extra></extra>",
    )


def _money(row: dict[str, Any], words: Words) -> str:
    if row["value_at_stake"] is None:
        return words.say("leaks_unknown")
    return words.say("map_at_stake", money=words.money(row["value_at_stake"]))


def _notes(place: int, row: dict[str, Any], titles: dict[str, str], words: Words) -> list[dict[str, Any]]:
    phase = "" if row["phase"] == "(rest)" else shortened(titles.get(row["phase"], row["phase"]), 24)
    lost = words.say("map_lost", n=words.count(row["dropped_off"]))
    aside = f"<b>{words.share(row['value_share'])}</b>" if row["value_share"] is not None else ""
    below = " · ".join(filter(None, (phase, lost, _money(row, words))))
    return row_notes(place, leak_title(row, titles, words), aside, below)
