"""Tests of differences: published figures, Holm by hand, and scipy on random tables."""

from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2_contingency, fisher_exact

from transforms.comparisons import holm, judge_differences

Counts = tuple[int, int, int, int]


def judged(*counts: Counts) -> list[dict[str, Any]]:
    """Comparisons of happened out of decided with the same of all others."""
    names = ["happened", "decided", "other_happened", "other_decided"]
    return judge_differences(pl.DataFrame(counts, dict.fromkeys(names, pl.Int64), orient="row")).to_dicts()


def test_the_trial_of_aspirin_is_the_published_one() -> None:
    # Heart attacks in the Physicians' Health Study: 189 of 11,034 with a placebo and 104 of 11,037 with aspirin.
    # Agresti, Categorical Data Analysis, gives Pearson's chi-squared as 25.01, which is z squared: z = 5.00.
    [found] = judged((189, 11034, 104, 11037))
    assert found["p_value"] == pytest.approx(5.69e-7, rel=2e-3)
    assert found["is_significant"]


def test_the_sign_of_a_difference_does_not_matter_and_none_is_certain() -> None:
    one, other, same = judged((60, 100, 40, 100), (40, 100, 60, 100), (50, 100, 100, 200))
    # Pooled 0.5: z = 0.2 / sqrt(0.25 x 0.02) = 2.8284, p = 0.0047.
    assert one["p_value"] == other["p_value"] == pytest.approx(0.004678, abs=5e-7)
    assert same["p_value"] == 1


def test_the_lady_tasting_tea_is_the_published_one() -> None:
    # Fisher, The Design of Experiments (1935): of four cups with milk first she named three, of the others one.
    # Of the 70 ways to choose four cups, 16 + 1 on either side are no likelier than hers: 34 / 70.
    [found] = judged((3, 4, 1, 4))
    assert found["p_value"] == pytest.approx(34 / 70)
    [all_right] = judged((4, 4, 0, 4))
    assert all_right["p_value"] == pytest.approx(2 / 70)
    assert all_right["is_significant"]


def test_where_no_counts_with_these_totals_could_tell_nothing_is_tested() -> None:
    # Of two cups each, all right is one way of six, and so is all wrong: one third at the least.
    few, nobody, never = judged((2, 2, 0, 2), (5, 10, 0, 0), (0, 100, 0, 100))
    assert (few["p_value"], few["adjusted_p_value"], few["is_significant"]) == (None, None, False)
    assert nobody["p_value"] is never["p_value"] is None
    # Three of six, of whom three are counted: the rarest outcome is one way of twenty, which is not rarer than that.
    for counts in ((3, 3, 0, 3), (1, 3, 2, 3), (2, 3, 1, 3), (0, 3, 3, 3), (1, 1, 0, 19), (0, 1, 1, 19), (0, 19, 1, 1)):
        assert judged(counts)[0]["p_value"] is None


@given(st.lists(st.integers(0, 40), min_size=4, max_size=4).filter(lambda table: min(sum(table[:2]), sum(table[2:]))))
@settings(deadline=None, max_examples=200)
def test_small_counts_are_tested_as_scipy_tests_them(table: list[int]) -> None:
    happened, not_happened, other_happened, other_not = table
    [found] = judged((happened, happened + not_happened, other_happened, other_happened + other_not))
    margins = [sum(table[:2]) * column for column in (table[0] + table[2], table[1] + table[3])]
    margins += [sum(table[2:]) * column for column in (table[0] + table[2], table[1] + table[3])]
    if min(margins) < 5 * sum(table) and found["p_value"] is not None:
        assert found["p_value"] == pytest.approx(fisher_exact([table[:2], table[2:]]).pvalue, rel=1e-6)


@given(st.lists(st.integers(1, 10**6), min_size=4, max_size=4))
@settings(deadline=None, max_examples=100)
def test_a_test_of_two_rates_is_pearsons_without_correction(table: list[int]) -> None:
    happened, not_happened, other_happened, other_not = table
    [found] = judged((happened, happened + not_happened, other_happened, other_happened + other_not))
    expected = chi2_contingency([table[:2], table[2:]], correction=False)
    if expected.expected_freq.min() > 5 + 1e-6:
        assert found["p_value"] == pytest.approx(expected.pvalue, rel=1e-6, abs=1e-300)


def test_holm_by_hand() -> None:
    # 0.005 x 4, 0.01 x 3, 0.03 x 2, and 0.04 x 1, which may not be below the one before it.
    found = holm(pl.Series([0.01, 0.04, 0.03, None, 0.005]))
    assert found.to_list() == pytest.approx([0.03, 0.06, 0.06, None, 0.02])


def test_equal_p_values_stay_equal_and_none_is_above_one() -> None:
    assert holm(pl.Series([0.02, 0.5, 0.02, 0.9])).to_list() == pytest.approx([0.08, 1, 0.08, 1])


def test_what_stands_out_alone_may_not_among_many() -> None:
    # Pooled 100 / 210: z = 0.1409 / 0.0690 = 2.04, p = 0.041. With one other test it is doubled.
    alone = (55, 100, 45, 110)
    assert 0.025 < judged(alone)[0]["p_value"] < 0.05
    assert judged(alone)[0]["is_significant"]
    assert not judged(alone, (50, 100, 50, 100))[0]["is_significant"]


def test_a_row_without_a_test_does_not_count_among_many() -> None:
    alone = (55, 100, 45, 110)
    assert judged(alone, (1, 2, 1, 2))[0]["is_significant"]


def test_nothing_to_compare_is_no_row() -> None:
    assert judged() == []
