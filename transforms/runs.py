"""Runs: rows that belong together and stand together, looked at by their places.

Where a frame is in the order of its groups, this does in one pass what `over` does by gathering each group first.
"""

import polars as pl


def begins(*groups: str) -> pl.Expr:
    """Whether a row is the first of its run: one of the groups differs from the row before.

    >>> pl.DataFrame({"of": [1, 1, 2]}).select(begins("of")).to_series().to_list()
    [True, False, True]
    """
    return pl.any_horizontal(pl.col(group).ne_missing(pl.col(group).shift()) for group in groups)


def number(*groups: str) -> pl.Expr:
    """The place of a row in its run, from 1.

    >>> pl.DataFrame({"of": [1, 1, 2]}).select(number("of")).to_series().to_list()
    [1, 2, 1]
    """
    return (_row() - _first_row(*groups) + 1).cast(pl.Int32)


def before(value: str, *groups: str) -> pl.Expr:
    """The value of the row before; null for the first of a run.

    >>> pl.DataFrame({"of": [1, 1, 2], "at": [5, 6, 7]}).select(before("at", "of")).to_series().to_list()
    [None, 5, None]
    """
    return pl.when(~begins(*groups)).then(pl.col(value).shift())


def after(value: str, *groups: str) -> pl.Expr:
    """The value of the row after; null for the last of a run.

    >>> pl.DataFrame({"of": [1, 1, 2], "at": [5, 6, 7]}).select(after("at", "of")).to_series().to_list()
    [6, None, None]
    """
    return pl.when(~begins(*groups).shift(-1, fill_value=True)).then(pl.col(value).shift(-1))


def count_before(condition: pl.Expr, *groups: str) -> pl.Expr:
    """How many earlier rows of the run the condition holds for.

    >>> pl.DataFrame({"of": [1, 1, 2]}).select(count_before(pl.col("of") > 0, "of")).to_series().to_list()
    [0, 1, 0]
    """
    counted = condition.cast(pl.Int64).cum_sum() - condition.cast(pl.Int64)
    return counted - counted.gather(_first_row(*groups))


def last_before(value: pl.Expr, *groups: str) -> pl.Expr:
    """The last value that is set in the rows before, in the run; null where none is.

    >>> frame = pl.DataFrame({"of": [1, 1, 1, 2], "at": [5, None, 6, 7]})
    >>> frame.select(last_before(pl.col("at"), "of")).to_series().to_list()
    [None, 5, 5, None]
    """
    row = pl.when(value.is_not_null()).then(_row()).forward_fill().shift()
    return value.gather(pl.when(row >= _first_row(*groups)).then(row))


def _row() -> pl.Expr:
    return pl.int_range(pl.len(), dtype=pl.Int64)


def _first_row(*groups: str) -> pl.Expr:
    return pl.when(begins(*groups)).then(_row()).forward_fill()
