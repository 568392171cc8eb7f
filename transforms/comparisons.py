"""Comparisons: which of many differences between rates are more than chance."""

from math import erfc, sqrt

import numpy as np
import polars as pl

LEVEL = 0.05
EXPECTED = 5
TAILS = np.frompyfunc(lambda z: erfc(z / sqrt(2)), 1, 1)
"""Both tails of the standard normal distribution beyond z, for each z of an array."""


def judge_differences(differences: pl.DataFrame) -> pl.DataFrame:
    """Test each difference of two rates, and tell which stand out when all of them are looked at.

    Many segments are compared: of twenty that do not differ one would seem to. So p-values are adjusted after Holm
    (1979) over all rows that have one, and the adjusted ones judge.

    Args:
        differences: one row per comparison: decided, happened, other_decided, other_happened.

    Returns:
        the rows with p_value, adjusted_p_value and is_significant.

    >>> counts = {"decided": [100, 9], "happened": [60, 1], "other_decided": [100, 9], "other_happened": [40, 1]}
    >>> judge_differences(pl.DataFrame(counts))["is_significant"].to_list()
    [True, False]
    """
    tested = differences.with_columns(p_value=_p_values(differences))
    return tested.with_columns(adjusted_p_value=holm(tested["p_value"])).with_columns(
        is_significant=(pl.col("adjusted_p_value") < LEVEL).fill_null(False)
    )


def holm(p_values: pl.Series) -> pl.Series:
    """Adjust p-values for their number: the least times n, the next times n - 1, none below those before it.

    Args:
        p_values: of one family of tests; null where there was none, which does not count.

    >>> holm(pl.Series([0.04, None, 0.01])).to_list()
    [0.04, None, 0.02]
    """
    rows = pl.DataFrame({"p_value": p_values}).with_row_index("row")
    tests_left = pl.len() - pl.int_range(pl.len())
    adjusted = (pl.col("p_value") * tests_left).cum_max().clip(upper_bound=1.0)
    told = rows.drop_nulls().sort("p_value").select("row", adjusted_p_value=adjusted)
    return rows.join(told, on="row", how="left", maintain_order="left")["adjusted_p_value"]


def _p_values(differences: pl.DataFrame) -> pl.Series:
    """The chance of a difference so great between samples of one rate: two-sided, by z with the pooled rate.

    Null where one of the four counts that the pooled rate expects is under five: z is not normal then.
    """
    decided, others = pl.col("decided"), pl.col("other_decided")
    everybody, happened = decided + others, pl.col("happened") + pl.col("other_happened")
    least = pl.min_horizontal(decided, others) * pl.min_horizontal(happened, everybody - happened)
    pooled = happened / everybody
    spread = (pooled * (1 - pooled) * (1 / decided + 1 / others)).sqrt()
    z = (pl.col("happened") / decided - pl.col("other_happened") / others).abs() / spread
    told = differences.select(z=pl.when(least >= EXPECTED * everybody).then(z))["z"]
    return pl.Series("p_value", TAILS(told.to_numpy()).astype(np.float64), nan_to_null=True)
