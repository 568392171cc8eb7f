"""Money in whole millionths while it is added, so that the order of a sum cannot change it."""

import polars as pl

MICROS = 1_000_000


def micros(amount: pl.Expr) -> pl.Expr:
    """An amount in whole millionths; 128 bits, because an amount gone wrong must not stop the night.

    What even these do not hold (10^32 and more, as in the marts) is null.

    >>> pl.select(micros(pl.lit(0.1))).item()
    100000
    """
    return (amount * MICROS).round().cast(pl.Int128, strict=False)


def sum_of_money(name: str) -> pl.Expr:
    """Sum a column of amounts; null where nothing was given.

    >>> pl.DataFrame({"revenue": [0.1, None, 0.2]}).select(sum_of_money("revenue")).item()
    0.3
    """
    return pl.when(pl.col(name).count() > 0).then(micros(pl.col(name)).sum() / MICROS)
