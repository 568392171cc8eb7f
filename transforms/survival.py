"""Survival: the share of stays or people that something has not happened to by a time, with what of it is chance."""

import polars as pl

Z = 1.959964


def surviving_shares(steps: pl.DataFrame, of: str = "phase", happened: str = "moved") -> pl.DataFrame:
    """Tell after each step the Kaplan-Meier share that it has not happened to, with its 95 % interval.

    Of those at risk, it happens to some at a step before the watches that end at it. The variance is Greenwood's and
    the interval that of log(-log(share)) (Kalbfleisch and Prentice 1980), so that it stays within 0 and 1. Where nobody
    is left it is not defined: null. Before it first happens the share is 1 beyond doubt.

    Args:
        steps: one row per dimension, segment, curve and seconds: at_risk, and to how many it happened.
        of: the column that tells the curves of a segment apart.
        happened: the column that counts what happened.

    Returns:
        the rows with surviving, surviving_low and surviving_high, in the order of curves and times.

    >>> curve = {"dimension": "all", "segment": "all", "phase": "cart", "seconds": [0.0, 9.0], "at_risk": [4, 4]}
    >>> surviving_shares(pl.DataFrame(curve | {"moved": [0, 1]}))["surviving"].to_list()
    [1.0, 0.75]
    """
    curve = ["dimension", "segment", of]
    left = pl.col("at_risk") - pl.col(happened)
    ordered = steps.sort(*curve, "seconds")
    shares = ordered.with_columns(
        surviving=(left / pl.col("at_risk")).cum_prod().over(curve),
        variance=(pl.col(happened) / (pl.col("at_risk") * left)).cum_sum().over(curve),
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
