"""Rows that cannot be events, put among the good ones as real exports do."""

from typing import Final

import numpy as np
import polars as pl

from pipelines.sample.clock import DAY

STRAY_SHARE: Final = 0.002
WRONG_CLOCK: Final = 400 * DAY
STRAYS: Final = ("no event_timestamp", "no event_name", "far from the export day")
GOOD: Final = -1


def add_strays(rng: np.random.Generator, hits: pl.DataFrame) -> pl.DataFrame:
    """Add copies of hits without time, without name, or of a wrong clock.

    The good hits all stay, so that what the walk knows stays true.

    Args:
        rng: source of all chance.
        hits: one row per exported row, from `send_hits`.

    Returns:
        The hits with `stray`: a code in STRAYS, or GOOD; ordered by file.
    """
    whole = np.flatnonzero(~hits["is_twin"].to_numpy())
    chosen = whole[rng.random(len(whole)) < STRAY_SHARE]
    kinds = rng.integers(0, len(STRAYS), len(chosen))
    strays = hits[chosen].with_columns(stray=pl.Series(kinds))
    good = hits.with_columns(stray=pl.lit(GOOD, pl.Int64))
    return pl.concat([good, strays]).sort("file_day", maintain_order=True)


def is_stray(kind: str) -> pl.Expr:
    """Say whether a row was spoilt in this way."""
    return pl.col("stray") == STRAYS.index(kind)
