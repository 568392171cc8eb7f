"""Survival: the share of stays that are still in a phase after a time, with what of it is chance."""

import polars as pl

Z = 1.959964
CURVE = ["dimension", "segment", "phase"]


def surviving_shares(steps: pl.DataFrame) -> pl.DataFrame:
    """Tell after each step the Kaplan-Meier share of stays that were not left, with its 95 % interval.

    Of those at risk, who moves on at a step does so before the watches that end at it. The variance is Greenwood's and
    the interval that of log(-log(share)) (Kalbfleisch and Prentice 1980), so that it stays within 0 and 1. Where nobody
    is left it is not defined: null. Before the first move the share is 1 beyond doubt.

    Args:
        steps: one row per dimension, segment, phase and seconds: at_risk, moved.

    Returns:
        the rows with surviving, surviving_low and surviving_high, in the order of curves and times.

    >>> curve = {"dimension": "all", "segment": "all", "phase": "cart", "seconds": [0.0, 9.0], "at_risk": [4, 4]}
    >>> surviving_shares(pl.DataFrame(curve | {"moved": [0, 1]}))["surviving"].to_list()
    [1.0, 0.75]
    """
    left = pl.col("at_risk") - pl.col("moved")
    ordered = steps.sort(*CURVE, "seconds")
    shares = ordered.with_columns(
        surviving=(left / pl.col("at_risk")).cum_prod().over(CURVE),
        variance=(pl.col("moved") / (pl.col("at_risk") * left)).cum_sum().over(CURVE),
    )
    margin = Z * pl.col("variance").sqrt() / pl.col("surviving").log().abs()
    return shares.with_columns(
        surviving_low=_bound(margin),
        surviving_high=_bound(-margin),
    ).drop("variance")


def _bound(margin: pl.Expr) -> pl.Expr:
    """One end of the interval; the share itself where it is 1, nothing where it is 0."""
    share = pl.col("surviving")
    return pl.when(share == 1).then(share).when(share > 0).then(share.pow(margin.exp()))
