"""Comparisons: which of many differences between rates are more than chance."""

from math import erfc, sqrt

import numpy as np
import polars as pl

LEVEL = 0.05
EXPECTED = 5
EQUAL = 1 + 1e-7  # two tables are as likely as each other, whatever the last digits say
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
    """The chance of a difference so great between samples of one rate, two-sided.

    By z with the pooled rate; where one of the four counts that it expects is under five, z is not normal, and the
    chance is the exact one of Fisher.
    """
    decided, others = pl.col("decided"), pl.col("other_decided")
    everybody, happened = decided + others, pl.col("happened") + pl.col("other_happened")
    least = pl.min_horizontal(decided, others) * pl.min_horizontal(happened, everybody - happened)
    pooled = happened / everybody
    spread = (pooled * (1 - pooled) * (1 / decided + 1 / others)).sqrt()
    z = (pl.col("happened") / decided - pl.col("other_happened") / others).abs() / spread
    told = differences.with_row_index("row").with_columns(is_normal=least >= EXPECTED * everybody, z=z)
    by_z = pl.Series("by_z", TAILS(told["z"].to_numpy()).astype(np.float64), nan_to_null=True)
    exact = told.join(_exact(told.filter(~pl.col("is_normal"))), on="row", how="left", maintain_order="left")
    return exact.select(p_value=pl.when("is_normal").then(by_z).otherwise("exact"))["p_value"]


def _exact(differences: pl.DataFrame) -> pl.DataFrame:
    """Fisher's exact test: the chance, with all totals as they are, of a table that is no likelier than the one found.

    Null where no table with these totals would be rare enough to stand out (Tarone, Biometrics 46, 1990): such a row
    can tell nothing, and does not count among those that can.

    Args:
        differences: row and the four counts; in each row one of the counts that are expected is small.
    """
    everybody, happened = pl.col("decided") + pl.col("other_decided"), pl.col("happened") + pl.col("other_happened")
    is_fewer, is_rarer = pl.col("decided") * 2 <= everybody, happened * 2 <= everybody
    of_fewer = pl.when(is_fewer).then("happened").otherwise("other_happened")
    fewer = pl.min_horizontal("decided", "other_decided")
    tables = differences.select(
        "row",
        everybody=everybody,
        fewer=fewer,
        rarer=pl.min_horizontal(happened, everybody - happened),
        found=pl.when(is_rarer).then(of_fewer).otherwise(fewer - of_fewer),
    )
    counts = pl.int_ranges(0, pl.min_horizontal("fewer", "rarer") + 1)
    k = pl.col("count")
    step = (pl.col("rarer") - k + 1) * (pl.col("fewer") - k + 1)
    back = k * (pl.col("everybody") - pl.col("rarer") - pl.col("fewer") + k)
    log = pl.when(k > 0).then((step / back).log()).otherwise(0.0).cum_sum().over("row")
    weighed = tables.with_columns(count=counts).explode("count").with_columns(log=log)
    weighed = weighed.with_columns(weight=(pl.col("log") - pl.col("log").max().over("row")).exp())
    share = pl.col("weight") / pl.col("weight").sum().over("row")
    shared = weighed.with_columns(share=share)
    own = pl.col("share").filter(k == pl.col("found")).first()
    chance = pl.col("share").filter(pl.col("share") <= own * EQUAL).sum().clip(upper_bound=1.0)
    can_tell = pl.col("share").min() * EQUAL < LEVEL
    return shared.group_by("row", maintain_order=True).agg(exact=pl.when(can_tell).then(chance))
