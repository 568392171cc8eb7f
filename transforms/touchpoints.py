"""Touchpoints: the contacts that the lifecycle's rules recognise in sessions and events."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from functools import lru_cache

import polars as pl

from models.lifecycle import Lifecycle, Touchpoint
from models.lifecycle.rules import rule_expression
from transforms.combinations import judge
from transforms.coverage import count_unmatched
from transforms.refunds import is_usable
from transforms.runs import begins, count_before

KIND = pl.Int16()
CONFIRMING = timedelta(seconds=60)
"""What confirms a purchase comes at most so long before it: GA4 sends the page view of the receipt first."""
PLACE = ("person_index", "session_id", "channel", "started_at")


def recognize(
    events: pl.DataFrame, sessions: pl.DataFrame, lifecycle: Lifecycle
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Recognise touchpoints: the first rule of its scope that holds, for each session and for each event.

    A purchase whose transaction was seen before for the person is a repeat and no touchpoint at all. What confirms a
    purchase, and came at most a minute before it in its session, stands directly after it, at its instant. Consecutive
    touchpoints of one kind in a session become one with an event_count; a conversion is never collapsed.

    Args:
        events: one row per event in person, device and event order, with session_index.
        sessions: one row per session, in the order of session_index, with person_index.
        lifecycle: the rules.

    Returns:
        one row per touchpoint (session_index, kind: its place among the lifecycle's touchpoints, occurred_at,
        event_row: the row of its first event, -1 for an arrival, place_row and is_confirming: the row after which it
        stands, and whether it confirms that, event_count, is_conversion, event_id, person_index, transaction_id, and
        revenue before refunds), one row per repeated purchase (session_index), and one row per session, event name and
        page path of events that no rule recognises (see `count_unmatched`).
    """
    conversion = _places(lifecycle)[lifecycle.conversion]
    early, late = _split_rules(lifecycle)
    placed = _place(events, sessions, _columns(early) | _columns(late))
    judged = judge(placed, _columns(early), "kind", first_that_holds(early, lifecycle))
    judged = judged.with_columns(is_conversion=(pl.col("kind") == conversion).fill_null(False))
    repeats = _repeats(judged)
    judged = judged.with_columns(is_repeat=pl.col("event_row").is_in(repeats["event_row"].implode()))
    first = _first_conversions(judged)
    judged = _judge_late(judged, first, late, lifecycle)
    contacts = _put_after_confirmed(judged.filter(pl.col("kind").is_not_null() & ~pl.col("is_repeat")), lifecycle)
    return (
        pl.concat([_arrivals(sessions, first, lifecycle), _collapse(contacts)], how="diagonal"),
        repeats.select("session_index"),
        count_unmatched(judged),
    )


def _places(lifecycle: Lifecycle) -> dict[str, int]:
    return {touchpoint.key: place for place, touchpoint in enumerate(lifecycle.touchpoints)}


def _columns(touchpoints: Iterable[Touchpoint]) -> set[str]:
    return {column for touchpoint in touchpoints for column in touchpoint.columns()}


def _split_rules(lifecycle: Lifecycle) -> tuple[Sequence[Touchpoint], Sequence[Touchpoint]]:
    """Those up to the conversion, which may not ask for is_customer, and those after it, which may."""
    own = lifecycle.rules_of("event")
    end = [touchpoint.key for touchpoint in own].index(lifecycle.conversion) + 1
    return own[:end], own[end:]


def _place(events: pl.DataFrame, sessions: pl.DataFrame, needed: set[str]) -> pl.DataFrame:
    """Give each event what it takes from its session, and its row."""
    of_session = sessions.select(PLACE)[events["session_index"]].rename({"started_at": "session_started_at"})
    placed = events.drop("channel", strict=False).hstack(of_session)
    placed = placed.with_columns(event_row=pl.int_range(pl.len(), dtype=pl.Int64))
    if "is_landing" in needed:
        is_view = pl.col("event_name") == "page_view"
        placed = placed.with_columns(is_landing=is_view & (count_before(is_view, "session_index") == 0))
    return placed


def first_that_holds(touchpoints: Sequence[Touchpoint], lifecycle: Lifecycle) -> pl.Expr:
    """The place, among the lifecycle's touchpoints, of the first of some whose rule holds; null where none does."""
    places = _places(lifecycle)
    return _least_that_holds(tuple((places[touchpoint.key], touchpoint.when) for touchpoint in touchpoints))


@lru_cache(maxsize=8)
def _least_that_holds(rules: tuple[tuple[int, str], ...]) -> pl.Expr:
    """The least of the places whose rule holds; null where none does.

    Conditions within conditions would take five times as long to plan. What is written and planned once is kept: for
    each batch anew that takes longer than trying the rules.
    """
    held = (pl.when(rule_expression(when)).then(pl.lit(place, KIND)) for place, when in rules)
    return pl.min_horizontal(pl.lit(None, KIND), *held)


def _repeats(judged: pl.DataFrame) -> pl.DataFrame:
    conversions = judged.filter(pl.col("is_conversion") & is_usable(pl.col("transaction_id")))
    ordered = conversions.sort("person_index", "occurred_at", "session_started_at", "session_id", "event_row")
    return ordered.filter(pl.col("event_row").cum_count().over("person_index", "transaction_id") > 1)


def _first_conversions(judged: pl.DataFrame) -> pl.DataFrame:
    counted = judged.filter(pl.col("is_conversion") & ~pl.col("is_repeat"))
    return counted.group_by("person_index").agg(first_conversion_at=pl.col("occurred_at").min())


def _with_customer(frame: pl.DataFrame, first: pl.DataFrame, at: str) -> pl.DataFrame:
    joined = frame.join(first, on="person_index", how="left", maintain_order="left")
    return joined.with_columns(is_customer=(pl.col(at) > pl.col("first_conversion_at")).fill_null(False))


def _judge_late(
    judged: pl.DataFrame, first: pl.DataFrame, late: Sequence[Touchpoint], lifecycle: Lifecycle
) -> pl.DataFrame:
    if "is_customer" in _columns(late):
        judged = _with_customer(judged, first, "occurred_at")
    known = judge(judged, _columns(late), "late_kind", first_that_holds(late, lifecycle))
    return known.with_columns(kind=pl.coalesce("kind", "late_kind"))


def _arrivals(sessions: pl.DataFrame, first: pl.DataFrame, lifecycle: Lifecycle) -> pl.DataFrame:
    """How the person came: a session-scope touchpoint at the session's start."""
    known = _with_customer(sessions, first, "started_at").with_columns(session_number="device_session_number")
    rules = lifecycle.rules_of("session")
    kinds = judge(known, _columns(rules), "kind", first_that_holds(rules, lifecycle)).select(
        "session_index",
        "person_index",
        "kind",
        occurred_at="started_at",
        event_row=pl.lit(-1, pl.Int64),
        place_row=pl.lit(-1, pl.Int64),
        is_confirming=pl.lit(False),
        event_count=pl.lit(1, pl.Int64),
        is_conversion=pl.lit(False),
    )
    return kinds.filter(pl.col("kind").is_not_null())


def _put_after_confirmed(contacts: pl.DataFrame, lifecycle: Lifecycle) -> pl.DataFrame:
    """Put contacts that confirm the next conversion of their session after it, where it comes soon enough."""
    placed = contacts.with_columns(place_row=pl.col("event_row"), is_confirming=pl.lit(False))
    kinds = [place for place, point in enumerate(lifecycle.touchpoints) if point.confirms]
    if not kinds:
        return placed
    # The next conversion in the same session: its row and its instant, carried back to the contacts before it.
    conversion = pl.struct("event_row", "occurred_at")
    following = pl.when("is_conversion").then(conversion).fill_null(strategy="backward").over("session_index")
    next_row, next_at = (following.struct.field(name) for name in ("event_row", "occurred_at"))
    is_soon = next_at - pl.col("occurred_at") <= CONFIRMING
    confirms = pl.col("kind").is_in(kinds) & ~pl.col("is_conversion") & is_soon.fill_null(False)
    moved = placed.with_columns(
        place_row=pl.when(confirms).then(next_row).otherwise("event_row"),
        occurred_at=pl.when(confirms).then(next_at).otherwise("occurred_at"),
        is_confirming=confirms,
    )
    return moved.sort("place_row", "is_confirming", "event_row")


def _collapse(contacts: pl.DataFrame) -> pl.DataFrame:
    changes = begins("session_index", "kind") | pl.col("is_conversion")
    starts = contacts.select(changes.arg_true()).to_series()
    counts = pl.concat([starts.slice(1), pl.Series([contacts.height], dtype=starts.dtype)]).cast(pl.Int64) - starts
    if contacts.is_empty():
        counts = pl.Series([], dtype=pl.Int64)
    keep = ["session_index", "person_index", "kind", "occurred_at", "event_row", "place_row", "is_confirming"]
    kept = contacts.select(*keep, "is_conversion", "event_id", "transaction_id", "revenue")
    return kept[starts].with_columns(counts.alias("event_count"))
