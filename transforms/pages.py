"""Pages: what was seen in sessions near the purchase, and where these ended."""

import polars as pl

from models.lifecycle import Lifecycle


def see_pages(
    events: pl.DataFrame, contacts: pl.DataFrame, sessions: pl.DataFrame, lifecycle: Lifecycle
) -> pl.DataFrame:
    """List the pages seen in each session near the purchase, and the one that its last page view is of.

    A session is near that holds a touchpoint of the phase of the conversion, or of the last one before it. What happens
    after the last page view ends no page.

    Args:
        events: one row per event in event order, with session_index.
        contacts: one row per touchpoint: session_index and kind, its place among the lifecycle's touchpoints.
        sessions: one row per session: session_index, session_id and has_conversion.
        lifecycle: the phases.

    Returns:
        one row per near session and page path of its page views, null where they have no address: session_id,
        page_path, is_exit and has_conversion.
    """
    phases = lifecycle.phases_near_purchase
    kinds = [place for place, touchpoint in enumerate(lifecycle.touchpoints) if touchpoint.phase in phases]
    near = contacts.filter(pl.col("kind").is_in(kinds)).select("session_index").unique()
    views = events.filter(pl.col("event_name") == "page_view").select("session_index", "page_path")
    last = pl.col("session_index").ne_missing(pl.col("session_index").shift(-1))
    seen = (
        views.with_columns(is_exit=last)
        .join(near, on="session_index", how="semi")
        .group_by("session_index", "page_path")
        .agg(pl.col("is_exit").any())
    )
    return seen.join(sessions.select("session_index", "session_id", "has_conversion"), on="session_index")
