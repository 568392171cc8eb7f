"""Stays: the longest runs of a journey's touchpoints in one phase, and how long each lasted."""

import polars as pl

from transforms.ageing import end_state
from transforms.money import from_micros
from transforms.rules import Rules
from transforms.runs import after, begins, number


def cut_stays(touchpoints: pl.DataFrame, journeys: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """Cut each journey's touchpoints into stays: a new one begins wherever the phase changes.

    dwell is the time until the next stay, absences included; a last stay has none and is censored at the end of its
    watch. Active time is the part in which the journey's next touchpoint lies in the same session.

    Args:
        touchpoints: one row per touchpoint in the journey's order.
        journeys: one row per journey, with journey_index, watched_until and is_closed.
        rules: as_of.

    Returns:
        one row per stay in the journey's order.
    """
    is_same_session = after("session_index", "journey_index") == pl.col("session_index")
    active = pl.when(is_same_session).then("seconds_to_next").fill_null(0)
    stays = (
        touchpoints.with_columns(
            stay=begins("journey_index", "phase").cum_sum(), active=(active * 1_000_000).round().cast(pl.Int64)
        )
        .group_by("stay", maintain_order=True)
        .agg(
            pl.first("journey_index", "journey_id", "phase"),
            entered_at=pl.first("occurred_at"),
            active_seconds=from_micros(pl.sum("active")),
            touchpoint_count=pl.len().cast(pl.Int64),
            has_converted=pl.col("is_conversion").any(),
        )
    )
    return _end(stays, journeys, rules)


def _end(stays: pl.DataFrame, journeys: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    joined = stays.join(
        journeys.select("journey_index", "watched_until", "is_closed"),
        on="journey_index",
        maintain_order="left",
    )
    left_at = after("entered_at", "journey_index")
    end = end_state(pl.col("has_converted").any().over("journey_index"))
    return joined.with_columns(
        stay_number=number("journey_index"),
        left_at=left_at,
        dwell_seconds=rules.seconds(pl.col("entered_at"), left_at),
        next_state=pl.coalesce(after("phase", "journey_index"), end),
        is_censored=left_at.is_null(),
    )
