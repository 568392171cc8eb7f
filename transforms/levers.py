"""Levers: how many more would buy if a tenth fewer left at a phase or touchpoint, and what that would be worth."""

from collections.abc import Collection, Iterator

import numpy as np
import numpy.typing as npt
import polars as pl

from transforms.graph import CHAINS, CONVERTED, DROP_OFF, START

Array = npt.NDArray[np.float64]

STAYING = 0.1
"""Of those who leave, the share of whom it is asked what they would bring."""
GROUPS = 10
STUDENT = 2.262157
"""The 97.5 % quantile of Student's t with nine degrees of freedom, one fewer than there are groups."""

LEVERS_SCHEMA = {
    "dimension": pl.String,
    "segment": pl.String,
    "level": pl.String,
    "state": pl.String,
    "left_here": pl.Int64,
    "extra_purchases": pl.Float64,
    "extra_revenue": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
}


def levers(moves: pl.DataFrame, states: Collection[tuple[str, str]]) -> pl.DataFrame:
    """Ask of one state after the other what it would bring if a tenth fewer dropped off straight from it.

    The chain is that of table `states`. Its probability of (drop-off) is taken times 0.9, and the other ways from the
    state are scaled up in proportion; the change of the chance to convert from (start), times the journeys, is what it
    brings. With N the fundamental matrix, a state s is ever reached with f = N[start, s] / N[s, s], converts without
    coming back with a = b / N[s, s] (b is its purchase probability) and is come back to with u = 1 - 1 / N[s, s]. With
    its other ways c times as likely it converts with c a / (1 - c u), so that no chain is solved twice.

    The interval is a delete-a-group jackknife (Kott, Journal of Official Statistics 17, 2001): the variance is 9/10 of
    the sum of squares of what the figure changes by when one of ten groups of persons is left out. Where one group
    holds all journeys there is none.

    Args:
        moves: one row per dimension, segment, level, from_state, to_state and person_group: decided_count, and the
            segment's mean_revenue of a converted journey, which may be null.
        states: level and name of those that are asked of.

    Returns:
        Table `levers`, in the order of its key.

    >>> row = {"dimension": "all", "segment": "all", "level": "phase", "person_group": 3, "mean_revenue": 50.0}
    >>> moves = pl.DataFrame({"from_state": ["(start)", "cart", "cart"], "decided_count": [100, 20, 80],
    ...                       "to_state": ["cart", "(converted)", "(drop-off)"]}).with_columns(**{
    ...     name: pl.lit(value) for name, value in row.items()})
    >>> levers(moves, [("phase", "cart")]).select("left_here", pl.col("extra_purchases").round(9)).row(0)
    (80, 8.0)
    """
    chains = moves.partition_by(CHAINS, as_dict=True)
    rows = [row for key, chain in chains.items() for row in _of_chain(key, chain, set(states))]
    return pl.DataFrame(rows, schema=LEVERS_SCHEMA, orient="row").sort(*CHAINS, "state")


def _of_chain(
    key: tuple[object, ...], moves: pl.DataFrame, asked: Collection[tuple[str, str]]
) -> Iterator[tuple[object, ...]]:
    names = sorted(set(moves["from_state"]))
    counts = _counts(moves, names)
    extra, low, high = _extra(counts, names.index(START))
    worth = moves["mean_revenue"][0]
    left = counts[0, :, -1]
    for place, name in enumerate(names):
        if (key[-1], name) in asked:
            gain = float(extra[place])
            revenue = None if worth is None else gain * worth
            ends = (None, None) if low is None or high is None else (float(low[place]), float(high[place]))
            yield (*key, name, int(left[place]), gain, revenue, *ends)


def _counts(moves: pl.DataFrame, names: list[str]) -> Array:
    """Transitions from each state to each, to (converted) and to (drop-off): of all, then without each group."""
    targets = {name: place for place, name in enumerate([*names, CONVERTED, DROP_OFF])}
    sources = moves["from_state"].replace_strict(targets, return_dtype=pl.Int64).to_numpy()
    ends = moves["to_state"].replace_strict(targets, return_dtype=pl.Int64).to_numpy()
    grouped = np.zeros((GROUPS, len(names), len(targets)))
    np.add.at(grouped, (moves["person_group"].to_numpy(), sources, ends), moves["decided_count"].to_numpy())
    whole = grouped.sum(axis=0)
    return np.concatenate([whole[np.newaxis], whole - grouped])


def _extra(counts: Array, start: int) -> tuple[Array, Array | None, Array | None]:
    """What each state would bring, with the ends of its interval."""
    journeys = counts[:, start].sum(axis=-1)
    if not journeys.all():
        return _gains(counts[:1], start)[0] * journeys[0], None, None
    if not counts[0, :, -2].any():
        return (nothing := np.zeros(counts.shape[1])), nothing, nothing
    found = _gains(counts, start) * journeys[0]
    spread = np.sqrt((GROUPS - 1) / GROUPS * ((found[1:] - found[0]) ** 2).sum(axis=0)) * STUDENT
    return found[0], np.maximum(found[0] - spread, 0.0), found[0] + spread


def _gains(counts: Array, start: int) -> Array:
    """How much likelier a purchase from (start) becomes by each state, for each of some chains."""
    size = counts.shape[1]
    leaving = counts.sum(axis=-1, keepdims=True)
    chances = np.divide(counts, leaving, out=np.zeros_like(counts), where=leaving > 0)
    identity = np.eye(size)
    fundamental: Array = np.linalg.solve(
        identity - chances[:, :, :size], np.broadcast_to(identity, counts.shape[:1] + identity.shape)
    )
    visits = np.diagonal(fundamental, axis1=1, axis2=2)
    buying = (fundamental @ chances[:, :, size : size + 1])[:, :, 0]
    lost = chances[:, :, -1]
    stays = lost < 1
    scale = np.divide(1 - (1 - STAYING) * lost, 1 - lost, out=np.ones_like(lost), where=stays)
    direct, again = buying / visits, 1 - 1 / visits
    raised = scale * direct / (1 - scale * again)
    gains = fundamental[:, start] / visits * (raised - buying)
    return np.where(lost > 0, np.maximum(gains, 0.0), 0.0)
