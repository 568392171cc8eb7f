"""Kaplan-Meier shares and their intervals: against published figures, by hand, and against lifelines."""

import math
import warnings
from itertools import accumulate
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.survival import surviving_shares

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from lifelines import KaplanMeierFitter

ENDS = ("surviving", "surviving_low", "surviving_high")


def curve(*steps: tuple[float, int, int], segment: str = "all") -> pl.DataFrame:
    """Steps of one curve: seconds, at risk, moved."""
    rows = [("all", segment, "cart", *step) for step in steps]
    return pl.DataFrame(rows, ["dimension", "segment", "phase", "seconds", "at_risk", "moved"], orient="row")


def shares(*steps: tuple[float, int, int]) -> list[tuple[Any, ...]]:
    return surviving_shares(curve(*steps)).select(ENDS).rows()


def test_the_remissions_of_leukemia_are_the_published_ones() -> None:
    # Freireich et al., Blood 21 (1963), 6-MP: weeks at which patients relapsed, how many were at risk, how many did.
    # Kleinbaum and Klein, Survival Analysis, have the estimates; the intervals are R's with conf.type = 'log-log'.
    steps = [(0, 21, 0), (6, 21, 3), (7, 17, 1), (10, 15, 1), (13, 12, 1), (16, 11, 1), (22, 7, 1), (23, 6, 1)]
    found = shares(*steps)
    assert [round(row[0], 4) for row in found] == [1, 0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482]
    assert [round(end, 4) for end in found[1][1:]] == [0.6197, 0.9516]
    assert [round(end, 4) for end in found[3][1:]] == [0.5032, 0.8894]


def test_a_step_by_hand() -> None:
    # 10 at risk of whom 2 move: 0.8, Greenwood 2 / (10 x 8) = 0.025. Then 5 at risk of whom 1 moves: 0.8 x 0.8 = 0.64,
    # 0.025 + 1 / (5 x 4) = 0.075. ln 0.64 = -0.44629, so that 1.959964 x sqrt(0.075) / 0.44629 = 1.20272, and the ends
    # are 0.64 to the power of e^1.20272 = 3.32916 and of e^-1.20272 = 0.30038.
    first, last = shares((1, 10, 2), (3, 5, 1))
    assert first[0] == pytest.approx(0.8)
    assert last == pytest.approx((0.64, 0.2263, 0.8745), abs=5e-5)


def test_before_the_first_move_there_is_no_doubt_and_where_nobody_is_left_no_interval() -> None:
    assert shares((0, 3, 0), (4, 2, 2)) == [(1, 1, 1), (0, None, None)]
    assert shares((0, 3, 0), (9, 1, 0)) == [(1, 1, 1), (1, 1, 1)]


def test_each_curve_is_its_own_whatever_the_order_of_rows() -> None:
    both = pl.concat([curve((0, 4, 0), (1, 4, 1)), curve((0, 2, 0), (1, 2, 1), segment="new")])
    told = surviving_shares(both.reverse())
    assert told.select("segment", "seconds", "surviving").rows() == [
        ("all", 0, 1), ("all", 1, 0.75), ("new", 0, 1), ("new", 1, 0.5),
    ]  # fmt: skip


STAYS = st.lists(st.tuples(st.integers(1, 9), st.booleans()), min_size=1, max_size=40)


@given(STAYS)
@settings(deadline=None, max_examples=60)
def test_shares_and_intervals_are_those_of_lifelines(stays: list[tuple[int, bool]]) -> None:
    times = sorted({time for time, _ in stays})
    moved = [sum(time == at and has_moved for time, has_moved in stays) for at in times]
    gone = [0, *accumulate(sum(time == at for time, _ in stays) for at in times)]
    found = shares(*((at, len(stays) - gone[place], moved[place]) for place, at in enumerate(times)))
    fitted = KaplanMeierFitter().fit([time for time, _ in stays], [has_moved for _, has_moved in stays])
    expected = fitted.survival_function_.join(fitted.confidence_interval_survival_function_)
    for at, row in zip(times, found, strict=True):
        share, low, high = expected.loc[at]
        assert row[0] == pytest.approx(share, abs=1e-12)
        if 0 < row[0] < 1:
            assert row[1:] == pytest.approx((low, high), abs=1e-6)


def test_the_bounds_of_a_great_many_stays_are_within_their_share() -> None:
    low, share, high = (shares((0, 10**7, 0), (1, 10**7, 10**6))[1][place] for place in (1, 0, 2))
    assert low < share < high
    assert math.isclose(high - low, 2 * 1.959964 * math.sqrt(0.9 * 0.1 / 10**7), rel_tol=1e-3)
