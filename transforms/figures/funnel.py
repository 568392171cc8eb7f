"""The funnel: per phase how many journeys reached it, and what became of them."""

from typing import Any

import plotly.graph_objects as go
import polars as pl

from transforms.figures.look import LIGHT, dress, hidden_axis, note, plain, row_notes, rows_axis
from transforms.overall import phases_in_order
from transforms.wording import Words

PARTS = (("progressed", "moved"), ("stopped", "bought"), ("still_open", "open"), ("dropped_off", "dropped"))
ROW_PIXELS = 78
LABELLED_SHARE = 0.13  # of the longest bar: narrower parts have no room for their number on a phone
SHORT_SHARE = 0.25  # of the longest bar: beside shorter ones there is room for what ended there


def funnel_figure(phase_metrics: pl.DataFrame, lifecycle: pl.DataFrame, words: Words) -> go.Figure:
    """Draw a bar per phase as long as the journeys that reached it, split by what became of them.

    Counts are over all journeys, as in the table; the drop-off rate under a bar is over mature journeys. A
    part too narrow for its number shows it on hover and in the table; beside a short bar stands what ended
    there (what moved on is the next bar).

    Args:
        phase_metrics: one row per phase and segment; the rows over all journeys are drawn.
        lifecycle: one row per phase and touchpoint, for titles and order.
        words: the language that is spoken.

    >>> from transforms.wording import words_in
    >>> columns = ["phase", "phase_index", "reached", "progressed", "stopped", "still_open", "dropped_off",
    ...            "drop_off_rate", "drop_off_low", "drop_off_high"]
    >>> metrics = pl.DataFrame([("cart", 1, 9, 0, 4, 2, 3, None, None, None)], schema=columns, orient="row")
    >>> titles = pl.DataFrame({"phase": ["cart"], "phase_title": ["Cart"], "stage": ["during"]})
    >>> figure = funnel_figure(metrics.with_columns(dimension=pl.lit("all")), titles, words_in("en"))
    >>> [(bar.name, bar.x) for bar in figure.data][-1]
    ('Dropped off', (3,))
    """
    phases = phases_in_order(phase_metrics, lifecycle).to_dicts()
    longest = max((phase["reached"] for phase in phases), default=0) or 1
    figure = go.Figure([_part(phases, part, role, longest, words) for part, role in PARTS])
    notes = [text for row, phase in enumerate(phases) for text in _notes(row, phase, longest, words)]
    return dress(
        figure,
        height=ROW_PIXELS * len(phases) + 40,
        barmode="stack",
        xaxis=hidden_axis(range=[0, longest]),
        yaxis=rows_axis(len(phases)),
        annotations=notes,
    )


def _part(phases: list[dict[str, Any]], part: str, role: str, longest: int, words: Words) -> go.Bar:
    return go.Bar(
        name=words.say(f"part_{part}"),
        orientation="h",
        x=[phase[part] for phase in phases],
        y=[-row for row in range(len(phases))],
        width=0.32,
        marker={"color": LIGHT[role], "line": {"color": LIGHT["paper"], "width": _gaps(phases, longest)}},
        text=[words.count(phase[part]) if phase[part] / longest >= LABELLED_SHARE else "" for phase in phases],
        textposition="inside",
        insidetextanchor="middle",
        textangle=0,
        constraintext="none",
        insidetextfont={"color": LIGHT[f"on_{role}"]},
        customdata=[_hover(phase, part, words) for phase in phases],
        hovertemplate="%{customdata}<extra></extra>",
    )


def _gaps(phases: list[dict[str, Any]], longest: int) -> list[int]:
    """Lines between parts, but none where they would hide a thin bar."""
    return [int(phase["reached"] > 0.1 * longest) for phase in phases]


def _hover(phase: dict[str, Any], part: str, words: Words) -> str:
    reached = phase["reached"]
    return words.say(
        "hover_part",
        title=plain(phase["title"]),
        part=words.say(f"part_{part}"),
        n=words.count(phase[part]),
        reached=words.count(reached),
        share=words.share(phase[part] / reached if reached else None),
    )


def _notes(row: int, phase: dict[str, Any], longest: int, words: Words) -> list[dict[str, Any]]:
    aside = words.say("funnel_reached", n=f"<b>{words.count(phase['reached'])}</b>")
    notes = row_notes(row, phase["title"], aside, f"{_rate(phase, words)}{_open(phase, words)}")
    if phase["reached"] <= SHORT_SHARE * longest:
        quiet = {"xanchor": "left", "xshift": 6, "font": {"size": 12.5, "color": LIGHT["muted"]}}
        notes.append(note(_ended(phase, words), phase["reached"], -row, xref="x", **quiet))
    return notes


def _ended(phase: dict[str, Any], words: Words) -> str:
    ends = ("stopped", "still_open", "dropped_off")
    return " · ".join(words.say(f"short_{end}", phase[end], n=words.count(phase[end])) for end in ends if phase[end])


def _rate(phase: dict[str, Any], words: Words) -> str:
    if phase["stage"] == "after":
        return words.say("funnel_after")
    if phase["drop_off_rate"] is None:
        return words.say("funnel_no_rate")
    interval = words.interval(phase["drop_off_low"], phase["drop_off_high"])
    return words.say("funnel_rate", rate=f"<b>{words.share(phase['drop_off_rate'])}</b>", interval=interval)


def _open(phase: dict[str, Any], words: Words) -> str:
    if not phase["still_open"]:
        return ""
    return " · " + words.say("funnel_open", share=words.share(phase["still_open"] / phase["reached"]))
