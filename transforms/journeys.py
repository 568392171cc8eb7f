"""Journeys: a person's sessions cut into purchase cycles, and what each cycle came to."""

import polars as pl

from models.lifecycle import Lifecycle
from transforms.ageing import outcome, watch
from transforms.keys import key_of
from transforms.money import sum_of_money
from transforms.rules import Rules
from transforms.runs import after, before, begins, last_before, number

FIRST_TRAITS = (
    "channel",
    "source",
    "medium",
    "campaign",
    "device_category",
    "country",
    "operating_system",
    "browser",
    "language",
    "city",
    "hostname",
    "platform",
)


def cut_journeys(sessions: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """Cut each person's sessions into journeys.

    A session opens one when it is the person's first, when more than the window has passed since the latest event of
    the person's earlier sessions, or when it is a shopping session (with an event-scope touchpoint before or in the
    conversion's phase) and the shopping session before it, since the last such silence, converted.

    Args:
        sessions: one row per session with person_index, has_conversion and is_shopping.
        rules: the journey window.

    Returns:
        the sessions in order of person, start and session_id, with session_number and journey_index (0, 1, ...).
    """
    ordered = sessions.sort("person_index", "started_at", "session_id")
    known = ordered.with_columns(latest=pl.col("ended_at").cum_max().over("person_index"))
    is_silent = (pl.col("started_at") - before("latest", "person_index") > rules.journey_window).fill_null(True)
    cut = known.with_columns(stretch=is_silent.cum_sum())
    converted_before = last_before(pl.when("is_shopping").then("has_conversion"), "stretch").fill_null(False)
    opens = begins("stretch") | (pl.col("is_shopping") & converted_before)
    return cut.with_columns(
        journey_index=opens.cum_sum().cast(pl.Int64) - 1,
        session_number=number("person_index"),
    ).drop("stretch", "latest")


def outline(sessions: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """Say of each journey when it ran and whether it is closed, those without a touchpoint included.

    Args:
        sessions: one row per session with journey_index, in order.
        rules: the window and as_of.

    Returns:
        one row per journey in order of journey_index.
    """
    journeys = sessions.group_by("journey_index", maintain_order=True).agg(
        pl.first("person_id", "person_index", *FIRST_TRAITS),
        first_session_id=pl.first("session_id"),
        started_at=pl.first("started_at"),
        ended_at=pl.max("ended_at"),
        session_count=pl.len().cast(pl.Int64),
        last_channel=pl.last("channel"),
        sessions_so_far=pl.first("session_number"),
        ga_sessions_so_far=pl.first("ga_session_number"),
    )
    numbered = journeys.with_columns(
        journey_id=key_of(pl.col("person_id"), pl.col("first_session_id")),
        journey_number=number("person_index"),
        next_started_at=after("started_at", "person_index"),
        first_channel="channel",
        visitor=_visitor(),
    )
    return watch(numbered, rules)


def _visitor() -> pl.Expr:
    """Whether the person came before: by an earlier session that is loaded, else by GA4's number of the first one.

    Who came before the first loaded day is known by that number alone; where there is none it is null.
    """
    came_before = (pl.col("sessions_so_far") > 1) | (pl.col("ga_sessions_so_far") > 1)
    is_first = pl.col("ga_sessions_so_far") == 1
    return pl.when(came_before).then(pl.lit("returning")).when(is_first).then(pl.lit("new"))


def conclude(journeys: pl.DataFrame, touchpoints: pl.DataFrame, stays: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """Say what each journey came to: outcome, purchase, phases and money.

    Args:
        journeys: one row per journey, as outlined.
        touchpoints: one row per touchpoint in the journey's order, with position and is_before_purchase.
        stays: one row per stay, in order.
        rules: the lifecycle and as_of.

    Returns:
        one row per journey with a touchpoint.
    """
    reached = touchpoints.group_by("journey_index", maintain_order=True).agg(
        touchpoint_count=pl.len().cast(pl.Int64),
        first_touchpoint=pl.first("touchpoint"),
        last_phase=pl.last("phase"),
        converted_at=pl.col("occurred_at").filter("is_conversion").first(),
        before=pl.col("is_before_purchase").sum().cast(pl.Int64),
        kinds_before=pl.col("kind").filter("is_before_purchase").n_unique().cast(pl.Int64),
        sessions_before=pl.col("session_index").filter("is_before_purchase").n_unique().cast(pl.Int64),
        furthest=pl.col("phase_index").filter(_counts_as_reached(rules.lifecycle)).max(),
        first_conversion_at=pl.col("occurred_at").filter("is_conversion").min(),
        revenue=sum_of_money("revenue"),
        refund=sum_of_money("refund"),
    )
    paths = stays.group_by("journey_index", maintain_order=True).agg(phase_path="phase")
    whole = journeys.join(reached, on="journey_index", maintain_order="left").join(
        paths, on="journey_index", how="left", maintain_order="left"
    )
    return _judge(whole, rules)


def _counts_as_reached(lifecycle: Lifecycle) -> pl.Expr:
    """A touchpoint of an after phase counts only once the journey has converted."""
    after = [phase.key for phase in lifecycle.phases if phase.stage == "after"]
    return pl.col("phase").is_in(after).not_() | pl.col("is_after_purchase")


def _judge(journeys: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    has_converted = pl.col("converted_at").is_not_null()
    is_customer = pl.col("journey_index").is_in(_of_customers(journeys).implode())
    phases = dict(enumerate((phase.key for phase in rules.lifecycle.phases), start=1))
    return journeys.with_columns(
        outcome=outcome(),
        touchpoints_before_purchase=pl.when(has_converted).then("before"),
        distinct_touchpoints_before_purchase=pl.when(has_converted).then("kinds_before"),
        sessions_before_purchase=pl.when(has_converted).then("sessions_before"),
        seconds_to_purchase=rules.seconds(pl.col("started_at"), pl.col("converted_at")),
        furthest_phase=pl.col("furthest").replace_strict(phases, default=None, return_dtype=pl.String),
        customer=pl.when(is_customer).then(pl.lit("customer")).otherwise(pl.lit("prospect")),
    )


def _of_customers(journeys: pl.DataFrame) -> pl.Series:
    """The journeys that began after a conversion in an earlier one; only those of buyers are looked at."""
    bought_at = pl.col("first_conversion_at")
    buyers = journeys.filter(bought_at.is_not_null())["person_index"]
    of_buyers = journeys.filter(pl.col("person_index").is_in(buyers.implode()))
    earlier = bought_at.cum_min().forward_fill().shift().over("person_index")
    return of_buyers.filter(earlier < pl.col("started_at"))["journey_index"]
