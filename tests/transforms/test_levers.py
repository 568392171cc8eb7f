"""What a tenth fewer leaving would bring: a chain worked by hand, and any chain against its solution from scratch."""

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.levers import levers

Walk = tuple[str, ...]
STATES = ("a", "b", "c")
ASKED = [("phase", state) for state in STATES]


def moves_of(walks: list[tuple[Walk, int, int]], revenue: float | None = 100.0) -> pl.DataFrame:
    """The moves of walks: each its states with its end, the group of its person, and how many went so."""
    rows = [
        {"from_state": one, "to_state": other, "person_group": group, "decided_count": count}
        for walk, group, count in walks
        for one, other in zip(("(start)", *walk), walk, strict=False)
    ]
    counted = pl.DataFrame(rows).group_by("from_state", "to_state", "person_group").agg(pl.col("decided_count").sum())
    return counted.with_columns(
        dimension=pl.lit("all"), segment=pl.lit("all"), level=pl.lit("phase"), mean_revenue=pl.lit(revenue, pl.Float64)
    )


def told(moves: pl.DataFrame) -> dict[str, dict[str, Any]]:
    return {row["state"]: row for row in levers(moves, ASKED).to_dicts()}


BOUGHT, LOST = "(converted)", "(drop-off)"
HAND: list[tuple[Walk, int, int]] = [
    (("a", LOST), 0, 40),
    (("a", "b", LOST), 1, 20),
    (("a", "b", "a", LOST), 2, 10),
    (("a", "b", "c", BOUGHT), 3, 30),
]


def test_three_states_by_hand() -> None:
    found = told(moves_of(HAND))
    # a is entered 110 times: 50 leave, 60 go on to b; of b's 60 go 20 away, 10 back to a and 30 to c, where all buy.
    # With P(b -> c) = 1/2 and P(b -> a) = 1/6 the chance from a is p = 6/11 (1/2 + p / 6), so p = 0.3.
    # If a tenth fewer leave a: 0.5 of 11 leave by 0.9 x 5/11 = 9/22, go on by 13/22: p = 13/22 (1/2 + p / 6) = 39/119.
    assert found["a"]["left_here"] == 50
    assert found["a"]["extra_purchases"] == pytest.approx(100 * (39 / 119 - 0.3))
    # Of b a third leaves; 0.9 of it is 0.3, and the other ways are 1.05 times as likely: to c 0.525, to a 0.175.
    assert found["b"]["extra_purchases"] == pytest.approx(100 * (6 / 11 * 0.525 / (1 - 6 / 11 * 0.175) - 0.3))
    assert found["b"]["extra_revenue"] == pytest.approx(100 * found["b"]["extra_purchases"])
    assert (found["c"]["left_here"], found["c"]["extra_purchases"], found["c"]["high"]) == (0, 0, 0)


def test_the_interval_leaves_out_one_group_after_the_other() -> None:
    walks = [((*"ab", BOUGHT), group, 3 + group) for group in range(10)] + [
        (("a", LOST), group, 9) for group in range(10)
    ]
    found = told(moves_of(walks))["a"]

    # All who stay buy: a tenth fewer leaving brings a tenth of the share that leaves.
    def brought(without: int | None) -> float:
        bought = sum(3 + group for group in range(10) if group != without)
        left = 9 * (10 if without is None else 9)
        return 0.1 * left / (left + bought) * 165

    spread = (0.9 * sum((brought(group) - brought(None)) ** 2 for group in range(10))) ** 0.5 * 2.262157
    assert found["extra_purchases"] == pytest.approx(9.0) == pytest.approx(brought(None))
    assert (found["low"], found["high"]) == (pytest.approx(9 - spread), pytest.approx(9 + spread))


def test_no_interval_where_one_group_holds_all_journeys_and_no_money_where_none_is_known() -> None:
    found = told(moves_of([(("a", BOUGHT), 4, 1), (("a", LOST), 4, 1)], revenue=None))["a"]
    assert (found["low"], found["high"], found["extra_revenue"]) == (None, None, None)
    assert found["extra_purchases"] == pytest.approx(2 * (0.55 - 0.5))


def test_nothing_is_won_where_all_who_were_there_left_or_nobody_ever_bought() -> None:
    assert told(moves_of([(("a", LOST), 0, 9), (("b", BOUGHT), 1, 9)]))["a"]["extra_purchases"] == 0
    assert told(moves_of([(("a", LOST), 0, 9), (("a", "b", LOST), 1, 9)]))["b"]["extra_purchases"] == 0


def test_only_states_that_are_asked_of_are_told() -> None:
    assert set(told(moves_of([(("a", "help", LOST), 0, 5), (("a", BOUGHT), 1, 5)]))) == {"a"}


def chance(moves: pl.DataFrame, state: str | None) -> float:
    """The chance to convert from the start, with a tenth fewer leaving a state: the equations solved from scratch."""
    names = sorted(set(moves["from_state"]))
    ways = {(row["from_state"], row["to_state"]): 0.0 for row in moves.to_dicts()}
    for row in moves.to_dicts():
        ways[row["from_state"], row["to_state"]] += row["decided_count"]
    chances = {one: {to: n for (source, to), n in ways.items() if source == one} for one in names}
    for one, targets in chances.items():
        total = sum(targets.values())
        targets.update({to: n / total for to, n in targets.items()})
        lost = targets.get(LOST, 0.0)
        if one == state and lost < 1:
            rest = (1 - 0.9 * lost) / (1 - lost)
            targets.update({to: p * (0.9 if to == LOST else rest) for to, p in targets.items()})
    left = np.array([[(one == to) - chances[one].get(to, 0.0) for to in names] for one in names])
    bought = np.array([chances[one].get(BOUGHT, 0.0) for one in names])
    return float(np.linalg.solve(left, bought)[names.index("(start)")])


@given(st.lists(st.tuples(st.lists(st.sampled_from(STATES), min_size=1, max_size=6), st.booleans(), st.integers(0, 9))))
def test_any_chain_gains_what_solving_it_anew_says_and_at_most_a_tenth_of_who_left(
    drawn: list[tuple[list[str], bool, int]],
) -> None:
    walks = [((*states, BOUGHT if bought else LOST), group, 1) for states, bought, group in drawn]
    if not walks:
        return
    moves = moves_of(walks)
    for state, row in told(moves).items():
        extra = len(walks) * (chance(moves, state) - chance(moves, None))
        assert row["extra_purchases"] == pytest.approx(extra, abs=1e-9)
        assert -1e-12 <= row["extra_purchases"] <= row["left_here"] / 10 + 1e-9
        assert row["low"] is None or row["low"] <= row["extra_purchases"] <= row["high"]
