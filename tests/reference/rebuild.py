"""From events to sessions, touchpoints, stays and journeys; keys are natural ones instead of hashes."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from tests.reference.channels import ChannelOf, channel_by
from tests.reference.events import EPOCH, MICROSECOND
from tests.reference.journeys import Clock, cut_journeys, describe_person, stays_of
from tests.reference.sessions import SessionKey, cut, devices_of, give_keys, person_of, session_order, to_session
from tests.reference.touchpoints import recognise, total
from tests.reference.values import PLACEHOLDERS, Row

Tables = dict[str, list[Row]]
OF_JOURNEY = ("person_id", "journey_number")
OF_SESSION = ("device_id", "device_session_number")


def rebuild(
    events: list[Row],
    lifecycle: Any,
    as_of: datetime,
    journey_window: timedelta = timedelta(days=30),
    session_gap: timedelta = timedelta(minutes=30),
    identity: str = "stitched",
    session_split: Collection[str] = (),
    ignored_referrers: Collection[str] = (),
    channel_of: ChannelOf | None = None,
    session_key: SessionKey = lambda device, start, count: (device, count),
    currency: str | None = None,
) -> Tables:
    """Rebuild everything from the events; times in the rows are microseconds since 1970, UTC.

    session_key stands for session_id, which orders sessions that start together: of device, start and how many
    of the device started then. currency is the property's, that of an event that names none.
    """
    clock = Clock((as_of - EPOCH) // MICROSECOND, journey_window // MICROSECOND)
    gap, naming = session_gap // MICROSECOND, channel_of or channel_by()
    sessions: list[Row] = []
    loose: list[Row] = []
    for device, history in devices_of(events).items():
        person = person_of(device, history, identity)
        for event in history:
            event["person_id"] = person
        parts = cut(history, gap, session_split, ignored_referrers)
        found = [to_session(part, n, person, ignored_referrers, naming) for n, part in enumerate(parts, 1)]
        give_keys(found, session_key)
        sessions += found
        placed = {id(event) for session in found for event in session["events"]}
        loose += [event for event in history if id(event) not in placed]
    recognise(sessions, lifecycle, loose, currency)
    tables: Tables = {"events": [], "sessions": [], "touchpoints": [], "stays": [], "journeys": []}
    for history in persons_of(sessions):
        number_sessions(history)
        for journey in describe_person(cut_journeys(history, lifecycle, clock.window), lifecycle, clock):
            add_journey(tables, journey, clock)
    tables["loose"] = loose
    tables["unfollowed"] = [event for event in events if event["device_id"] is None]
    tables["clock"] = [{"as_of": clock.as_of, "window": clock.window}]
    return tables


def persons_of(sessions: list[Row]) -> list[list[Row]]:
    """The sessions of each person."""
    persons: dict[str, list[Row]] = {}
    for session in sessions:
        persons.setdefault(session["person_id"], []).append(session)
    return [persons[person] for person in sorted(persons)]


def number_sessions(history: list[Row]) -> None:
    """Number the sessions of a person."""
    for number, session in enumerate(sorted(history, key=session_order), 1):
        session["session_number"] = number


def add_journey(tables: Tables, journey: Row, clock: Clock) -> None:
    """Put the rows of one journey into the tables; it is listed only if it has a touchpoint."""
    key = {name: journey[name] for name in OF_JOURNEY}
    tables["stays"] += stays_of(journey, clock)
    for session in journey["sessions"]:
        tables["sessions"].append(session_row(session) | key)
        tables["events"] += [followed(event, session, rank) | key for rank, event in enumerate(session["events"])]
    for position, touchpoint in enumerate(journey["touchpoints"], 1):
        tables["touchpoints"].append(touchpoint_row(touchpoint, position) | key)
    if journey["touchpoints"]:
        listed = {name: value for name, value in journey.items() if name not in ("sessions", "touchpoints")}
        tables["journeys"].append(listed)


def session_row(session: Row) -> Row:
    """A session as a row."""
    conversions = [t for t in session["touchpoints"] if t["is_conversion"]]
    row = {name: value for name, value in session.items() if name not in ("events", "touchpoints")}
    is_short = session["page_view_count"] <= 1 and session["engagement_seconds"] < 10
    row |= {"has_conversion": bool(conversions), "is_bounce": is_short and not conversions}
    row["revenue"] = total([t["revenue"] for t in conversions])
    row["touchpoint_count"] = len(session["touchpoints"])
    row["unmatched_event_count"] = sum(event["rule"] is None for event in session["events"])
    row["repeat_purchase_count"] = sum(event["is_repeat"] for event in session["events"])
    return row


def touchpoint_row(touchpoint: Row, position: int) -> Row:
    """A touchpoint as a row."""
    session = touchpoint["session"]
    row: Row = {
        "position": position,
        "occurred_at": touchpoint["at"],
        "session_started_at": session["started_at"],
    }
    row |= {name: session[name] for name in (*OF_SESSION, "session_key", "channel", "device_category")}
    names = ("touchpoint", "phase", "event_count", "is_conversion", "revenue", "refund", "seconds_to_next")
    return (
        row
        | {name: touchpoint[name] for name in names}
        | {
            "rank": touchpoint["rank"],
            "event_name": touchpoint["event"] and touchpoint["event"]["event_name"],
        }
    )


def followed(event: Row, session: Row, rank: int) -> Row:
    """A followed event, with the session it lies in, its place there, and the rule that recognised it."""
    row = {name: session[name] for name in ("person_id", *OF_SESSION, "session_key")}
    row |= {"rank": (rank, 0, rank), "score": event["score"], "survey": event["params"].get("survey")}
    row |= {"occurred_at": event["at"], "session_started_at": session["started_at"]}
    row |= {name: event[name] for name in ("event_name", "page_path", "ga_session_id", "is_repeat")}
    row |= {name: event.get(name) for name in PLACEHOLDERS}  # none in a world that is written inline
    return row | {"rule": event["rule"].key if event["rule"] else None}
