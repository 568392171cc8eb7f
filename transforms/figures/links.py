"""The moves between phases that the Sankey draws and the sentence over it counts."""

from dataclasses import dataclass

import polars as pl

from transforms.overall import overall

START, ENDS, REST = "(start)", ("(converted)", "(drop-off)", "(open)"), "(rest)"
SMALL_SHARE = 0.002


@dataclass(frozen=True)
class Link:
    """One kind of move, and how often it was made."""

    source: str
    target: str
    count: int
    kinds: int = 1

    def kind(self, order: dict[str, int]) -> str:
        """Tell an entry, a way forward, a way back, an end or the rest apart.

        Args:
            order: of the phases, from 0.

        >>> Link("desire", "interest", 3).kind({"interest": 0, "desire": 1})
        'back'
        """
        if self.source == START:
            return "entry"
        if self.target in ENDS:
            return self.target
        if REST in (self.source, self.target):
            return "rest"
        return "back" if order[self.target] < order[self.source] else "forward"


def phase_links(transitions: pl.DataFrame) -> list[Link]:
    """Read the moves between phases up to the purchase, over all journeys.

    Args:
        transitions: one row per edge and segment.

    >>> row = {"part": "to_purchase", "level": "phase", "dimension": "all", "segment": "all",
    ...        "from_state": "(start)", "to_state": "desire", "transition_count": 4}
    >>> phase_links(pl.DataFrame([row]))
    [Link(source='(start)', target='desire', count=4, kinds=1)]
    """
    moves = overall(transitions).filter((pl.col("part") == "to_purchase") & (pl.col("level") == "phase"))
    ordered = moves.select("from_state", "to_state", "transition_count").sort("from_state", "to_state")
    return [Link(*row) for row in ordered.iter_rows()]


def merged(links: list[Link]) -> list[Link]:
    """Put moves between phases that would be thinner than a hair into one labelled rest per phase they leave.

    Ends are never merged: purchases are few, and what the figure is about.

    >>> links = [Link("(start)", "a", 5000), Link("a", "b", 1), Link("a", "c", 1), Link("a", "(open)", 4998)]
    >>> [(link.target, link.count, link.kinds) for link in merged(links)]
    [('a', 5000, 1), ('(open)', 4998, 1), ('(rest)', 2, 2)]
    """
    least = SMALL_SHARE * sum(link.count for link in links)
    small = [link for link in links if link.count < least and link.source != START and link.target not in ENDS]
    if len(small) < 2:
        return links
    sources = dict.fromkeys(link.source for link in small)
    rest = [_rest(source, [link for link in small if link.source == source]) for source in sources]
    return [link for link in links if link not in small] + rest


def _rest(source: str, links: list[Link]) -> Link:
    return Link(source, REST, sum(link.count for link in links), len(links))
