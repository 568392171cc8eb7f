"""Moves between the commonest touchpoints up to the purchase, as a Sankey of one move; all others are one band."""

import plotly.graph_objects as go
import polars as pl

from transforms.figures.links import REST, Link
from transforms.figures.sankey import flow_figure
from transforms.overall import touchpoint_phases, touchpoint_titles
from transforms.wording import Words

HEIGHT = 760


def contacts_figure(contacts: pl.DataFrame, lifecycle: pl.DataFrame, words: Words) -> go.Figure:
    """Draw every move between the commonest touchpoints, to and from all others, and into the ends.

    Args:
        contacts: one row per move (models/report/contacts.sql).
        lifecycle: one row per phase and touchpoint, for titles and order.
        words: the language that is spoken.

    >>> from transforms.wording import words_in
    >>> row = {"from_state": "(start)", "to_state": "cart", "transition_count": 4, "kinds": 1}
    >>> titles = pl.DataFrame({"touchpoint": ["cart"], "touchpoint_title": ["Cart"], "phase_index": [1]})
    >>> contacts_figure(pl.DataFrame([row]), titles, words_in("en")).data[0].link.value
    (4,)
    """
    links = [Link(*row) for row in contacts.select("from_state", "to_state", "transition_count", "kinds").iter_rows()]
    states = {state for link in links for state in (link.source, link.target)}
    titles = {state: title for state, title in touchpoint_titles(lifecycle).items() if state in states}
    rest = words.say("contacts_rest")
    return flow_figure(links, titles | {REST: rest}, touchpoint_phases(lifecycle), rest, HEIGHT, words)
