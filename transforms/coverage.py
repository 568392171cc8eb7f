"""Coverage: what no rule of the lifecycle recognises."""

import polars as pl

GRAIN = ("session_index", "event_name", "page_path")


def count_unmatched(judged: pl.DataFrame) -> pl.DataFrame:
    """Count the events that no rule recognises, by session, event name and page path.

    A repeat of a purchase is recognised, though it is no touchpoint: it is not counted here.

    Args:
        judged: one row per event: session_index, event_name, page_path, and kind, null where no rule holds.

    Returns:
        one row per session, name and path that has any: session_index, event_name, page_path and events. The rows of
        a session stand together.

    >>> kinds = pl.DataFrame({"session_index": [0, 0], "event_name": ["scroll"] * 2, "page_path": ["/"] * 2})
    >>> count_unmatched(kinds.with_columns(kind=pl.lit(None)))["events"].to_list()
    [2]
    """
    unmatched = judged.filter(pl.col("kind").is_null())
    return unmatched.group_by(GRAIN, maintain_order=True).agg(events=pl.len().cast(pl.Int64))
