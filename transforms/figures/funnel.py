"""The funnel: per phase how many journeys reached it, and what became of them."""

from typing import Any

import plotly.graph_objects as go
import polars as pl

from transforms.figures.look import LIGHT, dress, hidden_axis, note, plain, row_notes, rows_axis
from transforms.overall import phases_in_order
from transforms.texts import say
from transforms.wording import written_count, written_interval, written_share

PARTS = (("progressed", "moved"), ("stopped", "bought"), ("still_open", "open"), ("dropped_off", "dropped"))
ROW_PIXELS = 78
LABELLED_SHARE = 0.13  # of the longest bar: narrower parts have no room for their number on a phone
SHORT_SHARE = 0.25  # of the longest bar: beside shorter ones there is room for what ended there


def funnel_figure(phase_metrics: pl.DataFrame, lifecycle: pl.DataFrame) -> go.Figure:
    """Draw a bar per phase as long as the journeys that reached it, split by what became of them.

    Counts are over all journeys, as in the table; the drop-off rate under a bar is over mature journeys. A
    part too narrow for its number shows it on hover and in the table; beside a short bar stands what ended
    there (what moved on is the next bar).

    Args:
        phase_metrics: one row per phase and segment; the rows over all journeys are drawn.
        lifecycle: one row per phase and touchpoint, for titles and order.

    >>> columns = ["phase", "phase_index", "reached", "progressed", "stopped", "still_open", "dropped_off",
    ...            "drop_off_rate", "drop_off_low", "drop_off_high"]
    >>> metrics = pl.DataFrame([("cart", 1, 9, 0, 4, 2, 3, None, None, None)], schema=columns, orient="row")
    >>> titles = pl.DataFrame({"phase": ["cart"], "phase_title": ["Cart"], "stage": ["during"]})
    >>> figure = funnel_figure(metrics.with_columns(dimension=pl.lit("all")), titles)
    >>> [(bar.name, bar.x) for bar in figure.data][-1]
    ('Dropped off', (3,))
    """
    phases = phases_in_order(phase_metrics, lifecycle).to_dicts()
    longest = max((phase["reached"] for phase in phases), default=0) or 1
    figure = go.Figure([_part(phases, part, role, longest) for part, role in PARTS])
    notes = [text for row, phase in enumerate(phases) for text in _notes(row, phase, longest)]
    return dress(
        figure,
        height=ROW_PIXELS * len(phases) + 40,
        barmode="stack",
        xaxis=hidden_axis(range=[0, longest]),
        yaxis=rows_axis(len(phases)),
        annotations=notes,
    )


def _part(phases: list[dict[str, Any]], part: str, role: str, longest: int) -> go.Bar:
    return go.Bar(
        name=say(f"part_{part}"),
        orientation="h",
        x=[phase[part] for phase in phases],
        y=[-row for row in range(len(phases))],
        width=0.32,
        marker={"color": LIGHT[role], "line": {"color": LIGHT["paper"], "width": _gaps(phases, longest)}},
        text=[written_count(phase[part]) if phase[part] / longest >= LABELLED_SHARE else "" for phase in phases],
        textposition="inside",
        insidetextanchor="middle",
        textangle=0,
        constraintext="none",
        insidetextfont={"color": LIGHT[f"on_{role}"]},
        customdata=[_hover(phase, part) for phase in phases],
        hovertemplate="%{customdata}<extra></extra>",
    )


def _gaps(phases: list[dict[str, Any]], longest: int) -> list[int]:
    """Lines between parts, but none where they would hide a thin bar."""
    return [int(phase["reached"] > 0.1 * longest) for phase in phases]


def _hover(phase: dict[str, Any], part: str) -> str:
    reached = phase["reached"]
    return say(
        "hover_part",
        title=plain(phase["title"]),
        part=say(f"part_{part}"),
        n=written_count(phase[part]),
        reached=written_count(reached),
        share=written_share(phase[part] / reached if reached else None),
    )


def _notes(row: int, phase: dict[str, Any], longest: int) -> list[dict[str, Any]]:
    aside = say("funnel_reached", n=f"<b>{written_count(phase['reached'])}</b>")
    notes = row_notes(row, phase["title"], aside, f"{_rate(phase)}{_open(phase)}")
    if phase["reached"] <= SHORT_SHARE * longest:
        quiet = {"xanchor": "left", "xshift": 6, "font": {"size": 12.5, "color": LIGHT["muted"]}}
        notes.append(note(_ended(phase), phase["reached"], -row, xref="x", **quiet))
    return notes


def _ended(phase: dict[str, Any]) -> str:
    ends = ("stopped", "still_open", "dropped_off")
    return " · ".join(say(f"short_{end}", n=written_count(phase[end])) for end in ends if phase[end])


def _rate(phase: dict[str, Any]) -> str:
    if phase["stage"] == "after":
        return say("funnel_after")
    if phase["drop_off_rate"] is None:
        return say("funnel_no_rate")
    interval = written_interval(phase["drop_off_low"], phase["drop_off_high"])
    return say("funnel_rate", rate=f"<b>{written_share(phase['drop_off_rate'])}</b>", interval=interval)


def _open(phase: dict[str, Any]) -> str:
    if not phase["still_open"]:
        return ""
    return " · " + say("funnel_open", share=written_share(phase["still_open"] / phase["reached"]))
