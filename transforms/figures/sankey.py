"""Transitions between phases up to the purchase, as a Sankey of one move: from where, on the left, to where.

A Sankey with cycles draws its loops over one another. Journeys do go back and forth, so each phase stands on
both sides, in its order, and every link is one kind of move: forward ones fall, ways back rise and have a
colour of their own. All counts are conserved on both sides.
"""

from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go
import polars as pl

from transforms.figures.links import ENDS, REST, START, Link, merged, phase_links
from transforms.figures.look import LIGHT, dress, hidden_axis, note, plain
from transforms.overall import phase_titles
from transforms.wording import Words

ROLES = {
    "entry": "link_entry",
    "forward": "link_moved",
    "back": "link_back",
    "(converted)": "link_bought",
    "(drop-off)": "link_dropped",
    "(open)": "link_open",
    "rest": "link_rest",
}
HEIGHT, PAD, TOP, BOTTOM, THICKNESS = 600, 19, 26, 8, 12
LABEL_SIGNS = 14  # two labels side by side fit a phone; the hover and the table give the whole title


@dataclass(frozen=True)
class Node:
    """A state on one side: how many leave or enter it, and its middle as a share of the height."""

    state: str
    count: int
    y: float


def sankey_figure(transitions: pl.DataFrame, lifecycle: pl.DataFrame, words: Words) -> go.Figure:
    """Draw every move between phases up to the purchase, ways back in a colour of their own.

    Args:
        transitions: one row per edge and segment; level phase of part to_purchase is drawn.
        lifecycle: one row per phase and touchpoint, for titles and order.
        words: the language that is spoken.

    >>> from transforms.wording import words_in
    >>> row = {"part": "to_purchase", "level": "phase", "dimension": "all", "segment": "all",
    ...        "from_state": "(start)", "to_state": "desire", "transition_count": 4}
    >>> titles = pl.DataFrame({"phase": ["desire"], "phase_title": ["Desire"], "phase_index": [1]})
    >>> sankey_figure(pl.DataFrame([row]), titles, words_in("en")).data[0].link.value
    (4,)
    """
    titles = phase_titles(lifecycle)
    links = merged(phase_links(transitions))
    order = {phase: place for place, phase in enumerate(titles)}
    rest = words.say(f"state_{REST}", kinds=words.count(sum(link.kinds for link in links if link.target == REST)))
    return flow_figure(links, titles | {REST: rest}, order, words.say("link_rest"), HEIGHT, words)


def flow_figure(
    links: list[Link], titles: dict[str, str], order: dict[str, int], rest: str, height: int, words: Words
) -> go.Figure:
    """Draw links from states on the left to states on the right.

    Args:
        links: each kind of move once.
        titles: of all states but the start and the ends, in their order; made inert here.
        order: place of a state on the way to the purchase; a move to an earlier one is a way back.
        rest: what the links to and from the rest are called.
        height: pixels.
        words: the language that is spoken.
    """
    left, right = _sides(links, [*titles], height)
    names = _names(titles, words, LABEL_SIGNS)
    return dress(
        go.Figure(
            [_sankey(links, left, right, _names(titles, words), order, words), *_legend(links, order, rest, words)]
        ),
        height=height,
        margin={"l": 2, "r": 2, "t": TOP, "b": BOTTOM},
        xaxis=hidden_axis(),
        yaxis=hidden_axis(),
        legend={"orientation": "h", "x": 0, "y": 1.06, "yanchor": "bottom", "itemclick": False},
        annotations=[
            *_headings(words),
            *_labels(left, names, "left", words),
            *_labels(right, names, "right", words),
        ],
    )


def _names(titles: dict[str, str], words: Words, length: int = 60) -> dict[str, str]:
    states = {state: plain(title, length) for state, title in titles.items()}
    return states | {state: words.say(f"state_{state}") for state in (START, *ENDS)}


def _sides(links: list[Link], states: list[str], height: int) -> tuple[list[Node], list[Node]]:
    named = [state for state in states if state != REST]
    left = _totals([(link.source, link.count) for link in links], [START, *named, REST])
    right = _totals([(link.target, link.count) for link in links], [*named, *ENDS, REST])
    room, rows = height - TOP - BOTTOM, max(len(left), len(right), 1)
    scale = (room - PAD * (rows - 1)) / max(sum(left.values()), 1)
    return _stacked(left, scale, room), _stacked(right, scale, room)


def _totals(ends: list[tuple[str, int]], states: list[str]) -> dict[str, int]:
    totals = {state: sum(count for end, count in ends if end == state) for state in states}
    return {state: total for state, total in totals.items() if total}


def _stacked(totals: dict[str, int], scale: float, height: int) -> list[Node]:
    gap = (height - scale * sum(totals.values())) / max(len(totals) - 1, 1)
    nodes, top = [], 0.0
    for state, total in totals.items():
        nodes.append(Node(state, total, min(max((top + total * scale / 2) / height, 0.001), 0.999)))
        top += total * scale + gap
    return nodes


def _sankey(
    links: list[Link], left: list[Node], right: list[Node], names: dict[str, str], order: dict[str, int], words: Words
) -> go.Sankey:
    lefts = {node.state: place for place, node in enumerate(left)}
    rights = {node.state: place for place, node in enumerate(right, len(left))}
    leaving = {node.state: node.count for node in left}
    return go.Sankey(
        arrangement="fixed",
        node={
            "x": [0.001] * len(left) + [0.999] * len(right),
            "y": [node.y for node in [*left, *right]],
            "color": [_node_colour(node.state) for node in [*left, *right]],
            "pad": PAD,
            "thickness": THICKNESS,
            "line": {"width": 0},
            "hoverinfo": "none",
        },
        link={
            "source": [lefts[link.source] for link in links],
            "target": [rights[link.target] for link in links],
            "value": [link.count for link in links],
            "color": [LIGHT[ROLES[link.kind(order)]] for link in links],
            "customdata": [_hover(link, names, leaving[link.source], words) for link in links],
            "hovertemplate": "%{customdata}<extra></extra>",
        },
    )


def _node_colour(state: str) -> str:
    roles = {
        START: "muted",
        REST: "muted",
        "(converted)": "bought",
        "(drop-off)": "dropped",
        "(open)": "open",
    }
    return LIGHT[roles.get(state, "moved")]


def _hover(link: Link, names: dict[str, str], leaving: int, words: Words) -> str:
    amounts = {"n": words.count(link.count), "share": words.share(link.count / leaving)}
    return words.say("hover_link", source=names[link.source], target=names[link.target], **amounts)


def _labels(nodes: list[Node], names: dict[str, str], side: str, words: Words) -> list[dict[str, Any]]:
    """Write on a ground of their own: Plotly's labels are struck through by thin links."""
    inward = {"xanchor": side, "xshift": (THICKNESS + 3) * (1 if side == "left" else -1)}
    ground = {"bgcolor": LIGHT["label"], "borderpad": 0, "yref": "paper", "font": {"size": 12}}
    x = 0 if side == "left" else 1
    return [
        note(f"{names[node.state]} <b>{words.count(node.count)}</b>", x, 1 - node.y, **inward, **ground)
        for node in nodes
    ]


def _legend(links: list[Link], order: dict[str, int], rest: str, words: Words) -> list[go.Scatter]:
    kinds = {link.kind(order) for link in links}
    return [
        go.Scatter(
            x=[None],
            y=[None],
            mode="markers",
            name=rest if kind == "rest" else words.say(f"link_{kind}"),
            marker={"symbol": "square", "size": 12, "color": LIGHT[role]},
        )
        for kind, role in ROLES.items()
        if kind in kinds
    ]


def _headings(words: Words) -> list[dict[str, Any]]:
    over: dict[str, Any] = {"yref": "paper", "yanchor": "bottom", "yshift": 3}
    return [
        note(words.say("sankey_from"), 0, 1, xanchor="left", **over),
        note(words.say("sankey_to"), 1, 1, xanchor="right", **over),
    ]
