"""Judging rows by their distinct values: a costly rule is tried once for each combination, not for each row."""

from collections.abc import Collection

import polars as pl


def judge(frame: pl.DataFrame, columns: Collection[str], name: str, rule: pl.Expr) -> pl.DataFrame:
    """Add a column that a rule gives, tried once for each distinct combination of the columns that it looks at.

    Rules over texts (pages, sources) cost far more than finding the few thousand combinations there are of them.

    Args:
        frame: rows at any grain; their order is kept.
        columns: what the rule looks at.
        name: of the new column; replaced where the frame has it.
        rule: an expression row by row.

    >>> events = pl.DataFrame({"page": ["/a", "/b", "/a"]})
    >>> judge(events, ["page"], "is_a", pl.col("page") == "/a")["is_a"].to_list()
    [True, False, True]
    """
    if not columns:
        return frame.with_columns(rule.alias(name))
    keys = sorted(columns)
    judged = frame.select(keys).unique().with_columns(rule.alias(name))
    joined = frame.select(keys).join(judged, on=keys, how="left", nulls_equal=True, maintain_order="left")
    return frame.with_columns(joined[name])
