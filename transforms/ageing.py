"""Ageing: what becomes of journeys as time passes and nothing else happens."""

import polars as pl

from transforms.rules import Rules


def watch(journeys: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """Say of each journey whether it is closed and mature, and how long it was watched.

    Args:
        journeys: one row per journey: started_at, ended_at, next_started_at (of the person's next journey, if any).
        rules: the window and as_of.

    Returns:
        the journeys with is_closed, is_mature and watched_until.
    """
    as_of = pl.lit(rules.as_of, pl.Datetime("us"))
    window_end = pl.col("ended_at") + rules.journey_window
    return journeys.with_columns(
        is_closed=pl.col("next_started_at").is_not_null() | (as_of > window_end),
        is_mature=as_of > pl.col("started_at") + rules.journey_window,
        watched_until=pl.min_horizontal(as_of, window_end, "next_started_at"),
    )


def outcome() -> pl.Expr:
    """What a journey came to, by converted_at and is_closed."""
    undecided = pl.when("is_closed").then(pl.lit("dropped_off")).otherwise(pl.lit("open"))
    return pl.when(pl.col("converted_at").is_not_null()).then(pl.lit("converted")).otherwise(undecided)


def end_state(has_converted: pl.Expr) -> pl.Expr:
    """Where the last stay of a journey leads, by is_closed and whether the journey converted."""
    lost = pl.when(has_converted).then(pl.lit("(end)")).otherwise(pl.lit("(drop-off)"))
    return pl.when("is_closed").then(lost).otherwise(pl.lit("(open)"))


def age(journeys: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """Say what as_of makes of journeys to which nothing happened since they were rebuilt.

    Args:
        journeys: one row per journey: journey_id, started_at, ended_at, converted_at and is_closed as it was.
        rules: the window and the later as_of.

    Returns:
        one row per journey: journey_id, is_mature, is_closed, outcome, watched_until (null where it was closed
        before, for then it stays) and next_state of its last stay.
    """
    was_closed = journeys["is_closed"]
    never = pl.lit(None, pl.Datetime("us"))
    watched = watch(journeys.with_columns(next_started_at=never), rules)
    closed = watched.with_columns(
        is_closed=pl.col("is_closed") | was_closed,
        watched_until=pl.when(~was_closed).then("watched_until"),
    )
    return closed.select(
        "journey_id",
        "is_mature",
        "is_closed",
        "watched_until",
        outcome=outcome(),
        next_state=end_state(pl.col("converted_at").is_not_null()),
    )
