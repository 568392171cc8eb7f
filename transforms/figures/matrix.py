"""What comes after each phase, as a heat map: the moves between phases and the ends, as shares of all that leave."""

import plotly.graph_objects as go
import polars as pl

from transforms.figures.heat import heat_figure
from transforms.figures.links import ENDS, START
from transforms.overall import phase_titles
from transforms.wording import Words


def matrix_figure(moves: pl.DataFrame, lifecycle: pl.DataFrame, words: Words) -> go.Figure:
    """Draw the probability of each move up to the purchase; each row sums to 1.

    Args:
        moves: one row per move between phases (`from_state`, `to_state`, `probability`, `transition_count`).
        lifecycle: one row per phase and touchpoint, for titles and order.
        words: the language that is spoken.

    >>> from transforms.wording import words_in
    >>> row = {"from_state": "(start)", "to_state": "desire", "transition_count": 4, "probability": 1.0}
    >>> titles = pl.DataFrame({"phase": ["desire"], "phase_title": ["Desire"], "phase_index": [1]})
    >>> matrix_figure(pl.DataFrame([row]), titles, words_in("en")).data[0].text
    ('100',)
    """
    phases = phase_titles(lifecycle)
    ends = {end: words.say(f"state_{end}") for end in ENDS}
    left = [state for state in (START, *phases) if state in set(moves["from_state"])]
    right = [state for state in (*phases, *ends) if state in set(moves["to_state"])]
    titles = {START: words.say(f"state_{START}"), **phases, **ends}
    cells = {
        (left.index(source), right.index(target)): (
            share,
            words.percent(share),
            words.say(
                "hover_link", source=titles[source], target=titles[target], n=words.count(n), share=words.share(share)
            ),
        )
        for source, target, n, share in moves.select(
            "from_state", "to_state", "transition_count", "probability"
        ).iter_rows()
    }
    return heat_figure([titles[state] for state in left], [titles[state] for state in right], cells, "moved")
