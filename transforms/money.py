"""Money and time in whole millionths while they are added, so that the order of a sum cannot change it."""

import polars as pl

MICROS = 1_000_000


def micros(amount: pl.Expr) -> pl.Expr:
    """An amount in whole millionths; 128 bits, because an amount gone wrong must not stop the night.

    What even these do not hold (10^32 and more, as in the marts) is null.

    >>> pl.select(micros(pl.lit(0.1))).item()
    100000
    """
    return (amount * MICROS).round().cast(pl.Int128, strict=False)


def from_micros(amount: pl.Expr) -> pl.Expr:
    """Whole millionths as a number of units, the nearest there is, in a batch of any size.

    By one number Polars multiplies with its reciprocal, which may be off in the last bit, but divides a single row; by
    a column it always divides.

    >>> pl.DataFrame({"micros": [100_000, 100_000]}).select(from_micros(pl.col("micros"))).to_series().to_list()
    [0.1, 0.1]
    """
    return amount / (amount * 0 + MICROS)


def sum_of_money(name: str) -> pl.Expr:
    """Sum a column of amounts; null where nothing was given.

    >>> pl.DataFrame({"revenue": [0.1, None, 0.2]}).select(sum_of_money("revenue")).item()
    0.3
    """
    return pl.when(pl.col(name).count() > 0).then(from_micros(micros(pl.col(name)).sum()))
