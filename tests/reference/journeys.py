"""Sections 5 and 6 of the definitions: one purchase cycle of one person, and its stays."""

from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Any

from tests.reference.sessions import FIRST_SEEN, session_order
from tests.reference.touchpoints import total, touchpoint_order
from tests.reference.values import Row

ENDS = {"converted": "(converted)", "dropped_off": "(drop-off)", "open": "(open)"}


@dataclass(frozen=True)
class Clock:
    """The end of the data and the journey window, in microseconds."""

    as_of: int
    window: int

    def seconds(self, start: int, end: int) -> float:
        """Seconds between two instants, never beyond as_of and never below zero."""
        return max(0, min(end, self.as_of) - min(start, self.as_of)) / 1_000_000


def cut_journeys(sessions: list[Row], lifecycle: Any, window: int) -> list[list[Row]]:
    """The journeys of one person: lists of sessions."""
    shopping_phases = {phase.key for phase in lifecycle.phases if phase.stage in ("before", "during")}
    journeys: list[list[Row]] = []
    latest = 0
    for session in sorted(sessions, key=session_order):
        shops = any(t["scope"] == "event" and t["phase"] in shopping_phases for t in session["touchpoints"])
        is_silent = bool(journeys) and session["started_at"] - latest > window
        has_converted = bool(journeys) and any(t["is_conversion"] for s in journeys[-1] for t in s["touchpoints"])
        if not journeys or is_silent or (has_converted and shops):
            journeys.append([])
        journeys[-1].append(session)
        latest = max(latest, session["ended_at"])
    return journeys


def describe_person(journeys: list[list[Row]], lifecycle: Any, clock: Clock) -> list[Row]:
    """The rows of one person's journeys, those without a touchpoint too."""
    rows: list[Row] = []
    conversions: list[int] = []
    for number, (sessions, later) in enumerate(zip(journeys, [*journeys[1:], None], strict=True), 1):
        next_start = later[0]["started_at"] if later else None
        row = to_journey(sessions, number, next_start, clock)
        row["furthest_phase"] = furthest_phase(row["touchpoints"], lifecycle)
        rows.append(row)
        conversions += [t["at"] for t in row["touchpoints"] if t["is_conversion"]]
    for row in rows:
        row["customer"] = "customer" if any(at < row["started_at"] for at in conversions) else "prospect"
        row["visitor"] = visitor(row)
    return rows


def visitor(journey: Row) -> str | None:
    """Whether the person came before: in a session that is known, or by GA4's count of them; null if nothing tells."""
    numbers = (event["ga_session_number"] for event in journey["sessions"][0]["events"])
    number = next((number for number in numbers if number is not None), None)
    if journey["journey_number"] > 1 or (number is not None and number > 1):
        return "returning"
    return "new" if number == 1 else None


def to_journey(sessions: list[Row], number: int, next_start: int | None, clock: Clock) -> Row:
    """One journey, with its `touchpoints` and `sessions` for those who count on."""
    touchpoints = sorted((t for s in sessions for t in s["touchpoints"]), key=touchpoint_order)
    first, last = sessions[0], sessions[-1]
    ended_at = max(session["ended_at"] for session in sessions)
    is_closed = next_start is not None or clock.as_of - ended_at > clock.window
    watched = [clock.as_of, ended_at + clock.window, *([] if next_start is None else [next_start])]
    phases = [phase for phase, _ in groupby(t["phase"] for t in touchpoints)]
    row: Row = {"person_id": first["person_id"], "journey_number": number, "sessions": sessions}
    row |= {"touchpoints": touchpoints, "started_at": first["started_at"], "ended_at": ended_at}
    row |= {"touchpoint_count": len(touchpoints), "session_count": len(sessions), "is_closed": is_closed}
    row |= {"is_mature": clock.as_of - row["started_at"] > clock.window, "watched_until": min(watched)}
    row |= {"first_channel": first["channel"], "last_channel": last["channel"], "channel": first["channel"]}
    row |= {"phase_path": phases, "last_phase": phases[-1] if phases else None}
    row["first_touchpoint"] = touchpoints[0]["touchpoint"] if touchpoints else None
    row |= {name: first[name] for name in ("source", "medium", "campaign", *FIRST_SEEN)}
    row["revenue"] = total([t["revenue"] for t in touchpoints])
    row["refund"] = total([t["refund"] for t in touchpoints])
    return row | before_purchase(row, clock) | {"outcome": outcome(touchpoints, is_closed)}


def outcome(touchpoints: list[Row], is_closed: bool) -> str:
    """Converted, else dropped off where the journey is over, else open."""
    if any(t["is_conversion"] for t in touchpoints):
        return "converted"
    return "dropped_off" if is_closed else "open"


def first_conversion(touchpoints: list[Row]) -> int | None:
    """The index of the first conversion."""
    return next((index for index, t in enumerate(touchpoints) if t["is_conversion"]), None)


def before_purchase(journey: Row, clock: Clock) -> Row:
    """What came before the first conversion; nulls where there is none."""
    index = first_conversion(journey["touchpoints"])
    names = ("touchpoints", "distinct_touchpoints", "sessions")
    if index is None:
        nothing = dict.fromkeys(f"{name}_before_purchase" for name in names)
        return nothing | {"converted_at": None, "seconds_to_purchase": None}
    before, converted_at = journey["touchpoints"][:index], journey["touchpoints"][index]["at"]
    return {
        "converted_at": converted_at,
        "seconds_to_purchase": clock.seconds(journey["started_at"], converted_at),
        "touchpoints_before_purchase": index,
        "distinct_touchpoints_before_purchase": len({t["touchpoint"] for t in before}),
        "sessions_before_purchase": len({session_order(t["session"]) for t in before}),
    }


def furthest_phase(touchpoints: list[Row], lifecycle: Any) -> str | None:
    """The highest phase; one after the purchase counts only at a position after the first conversion."""
    order = [phase.key for phase in lifecycle.phases]
    after = {phase.key for phase in lifecycle.phases if phase.stage == "after"}
    bought = first_conversion(touchpoints)
    reached = [
        order.index(t["phase"])
        for index, t in enumerate(touchpoints)
        if t["phase"] not in after or (bought is not None and index > bought)
    ]
    return order[max(reached)] if reached else None


def runs(touchpoints: list[Row]) -> list[list[Row]]:
    """The longest runs of touchpoints in one phase."""
    return [list(run) for _, run in groupby(touchpoints, key=lambda t: t["phase"])]


def stays_of(journey: Row, clock: Clock) -> list[Row]:
    """The stays of one journey."""
    touchpoints = journey["touchpoints"]
    for one, other in pairwise(touchpoints):
        one["seconds_to_next"] = clock.seconds(one["at"], other["at"])
        one["is_active"] = one["session"] is other["session"]
    if not touchpoints:
        return []
    touchpoints[-1] |= {"seconds_to_next": None, "is_active": False}
    stays = runs(touchpoints)
    followers = [*stays[1:], None]
    return [
        to_stay(number, stay, later, journey, clock)
        for number, (stay, later) in enumerate(zip(stays, followers, strict=True), 1)
    ]


def to_stay(number: int, stay: list[Row], later: list[Row] | None, journey: Row, clock: Clock) -> Row:
    """One stay; the last one of a journey is censored."""
    entered_at, left_at = stay[0]["at"], later[0]["at"] if later else None
    active = sum(round(t["seconds_to_next"] * 1_000_000) for t in stay if t["is_active"])
    is_over = "(end)" if journey["is_closed"] else "(open)"
    end = is_over if journey["outcome"] == "converted" else ENDS[journey["outcome"]]
    row: Row = {"person_id": journey["person_id"], "journey_number": journey["journey_number"]}
    return row | {
        "stay_number": number,
        "phase": stay[0]["phase"],
        "entered_at": entered_at,
        "left_at": left_at,
        "dwell_seconds": None if left_at is None else clock.seconds(entered_at, left_at),
        "active_seconds": active / 1_000_000,
        "watched_until": journey["watched_until"],
        "watched_seconds": clock.seconds(entered_at, journey["watched_until"]),
        "touchpoint_count": len(stay),
        "next_state": later[0]["phase"] if later else end,
        "is_censored": later is None,
    }
