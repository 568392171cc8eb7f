"""From the events of whole persons to their sessions, touchpoints, stays and journeys, in one pure function."""

from dataclasses import dataclass

import polars as pl

from transforms.journeys import conclude, cut_journeys, outline
from transforms.keys import key_of
from transforms.money import sum_of_money
from transforms.pages import see_pages
from transforms.refunds import net_refunds
from transforms.rules import Rules
from transforms.runs import after, count_before, number
from transforms.sessions import BOUNCE_SECONDS, sessionize
from transforms.stays import cut_stays
from transforms.touchpoints import recognize


@dataclass(frozen=True)
class Histories:
    """What became of a batch of persons.

    Args:
        events: one row per event: event_id, person_id, session_id, null for a refund in no session.
        sessions, touchpoints, stays, journeys: the tables of these names, with further working columns.
        unmatched_sessions: one row per session, event name and page path of events that no rule recognises.
        pages_seen: one row per session near the purchase and page path seen in it.
    """

    events: pl.DataFrame
    sessions: pl.DataFrame
    touchpoints: pl.DataFrame
    stays: pl.DataFrame
    journeys: pl.DataFrame
    unmatched_sessions: pl.DataFrame
    pages_seen: pl.DataFrame


def rebuild_histories(events: pl.DataFrame, rules: Rules) -> Histories:
    """Rebuild the histories of whole persons from their events.

    Nothing is looked at but the events and the rules, so that batches can be cut anywhere between persons, on one
    machine or many.

    Args:
        events: one row per event, all of each person's, in person, device and event order.
        rules: lifecycle, windows and as_of.
    """
    numbered, sessions = sessionize(events, rules)
    sessions = sessions.with_columns(person_index=pl.col("person_id").rle_id())
    inside = (
        numbered.filter(pl.col("session_index").is_not_null()) if numbered["session_index"].null_count() else numbered
    )
    found, repeats, unmatched = recognize(inside, sessions, rules.lifecycle)
    contacts = net_refunds(found, numbered, sessions, rules.currency)
    sessions = cut_journeys(_sum_up(sessions, contacts, repeats, unmatched, rules), rules)
    journeys = outline(sessions, rules)
    sessions = sessions.with_columns(journey_id=journeys["journey_id"].gather(sessions["journey_index"]))
    touchpoints = _put_in_order(contacts, sessions, rules)
    stays = cut_stays(touchpoints, journeys, rules)
    by_row = sessions.sort("session_index")
    followed = numbered.select(
        "event_id", "person_id", session_id=by_row["session_id"].gather(numbered["session_index"])
    )
    unmatched = unmatched.with_columns(session_id=by_row["session_id"].gather(unmatched["session_index"]))
    pages = see_pages(numbered, contacts, sessions, rules.lifecycle)
    concluded = conclude(journeys, touchpoints, stays, rules)
    return Histories(followed, sessions, touchpoints, stays, concluded, unmatched, pages)


def _sum_up(
    sessions: pl.DataFrame, contacts: pl.DataFrame, repeats: pl.DataFrame, unmatched: pl.DataFrame, rules: Rules
) -> pl.DataFrame:
    """Say of each session whether it shops, converts and bounces, and how much of it no rule recognises."""
    shops = [
        place
        for place, touchpoint in enumerate(rules.lifecycle.touchpoints)
        if rules.lifecycle.phase(touchpoint.phase).stage != "after"
    ]
    is_shopping = (pl.col("event_row") >= 0) & pl.col("kind").is_in(shops)
    sums = contacts.group_by("session_index").agg(
        is_shopping=is_shopping.any(),
        has_conversion=pl.col("is_conversion").any(),
        touchpoint_count=pl.len().cast(pl.Int64),
        revenue=sum_of_money("revenue"),
    )
    repeated = repeats.group_by("session_index").agg(repeat_purchase_count=pl.len().cast(pl.Int64))
    left = unmatched.group_by("session_index").agg(unmatched_event_count=pl.col("events").sum())
    joined = sessions
    for counts in (sums, repeated, left):
        joined = joined.join(counts, on="session_index", how="left")
    filled = joined.with_columns(
        pl.col("is_shopping", "has_conversion").fill_null(False),
        pl.col("touchpoint_count", "repeat_purchase_count", "unmatched_event_count").fill_null(0),
    )
    is_short = (pl.col("page_view_count") <= 1) & (pl.col("engagement_seconds") < BOUNCE_SECONDS)
    return filled.with_columns(is_bounce=is_short & ~pl.col("has_conversion"))


def _put_in_order(contacts: pl.DataFrame, sessions: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """Put touchpoints in the order of their journeys and count positions."""
    phases = {phase.key: index for index, phase in enumerate(rules.lifecycle.phases, start=1)}
    kinds = pl.DataFrame(
        [(point.key, point.phase, phases[point.phase]) for point in rules.lifecycle.touchpoints],
        schema={"touchpoint": pl.String, "phase": pl.String, "phase_index": pl.Int32},
        orient="row",
    )
    of_session = sessions.select(
        "session_index",
        "session_id",
        "person_id",
        "journey_index",
        "journey_id",
        "channel",
        begun_at="started_at",
    )
    placed = contacts.join(of_session, on="session_index").sort(
        "journey_index", "occurred_at", "begun_at", "session_id", "place_row", "is_confirming", "event_row"
    )
    earlier = count_before(pl.col("is_conversion"), "journey_index")
    is_converting = pl.col("is_conversion").any().over("journey_index")
    ordered = placed.hstack(kinds[placed["kind"]]).with_columns(
        position=number("journey_index"),
        is_before_purchase=(earlier == 0) & ~pl.col("is_conversion") & is_converting,
        is_after_purchase=earlier > 0,
        seconds_to_next=rules.seconds(pl.col("occurred_at"), after("occurred_at", "journey_index")),
    )
    return ordered.with_columns(touchpoint_id=key_of(pl.col("journey_id"), pl.col("position")))
