"""Section 4 of the definitions: which sessions and events are touchpoints."""

from typing import Any

from tests.reference.rules import OF_EVENT, OF_SESSION, event_row, first_that_holds, session_row
from tests.reference.sessions import session_order
from tests.reference.values import Row, code_of, is_blank

A_MINUTE = 60_000_000


def has_usable_id(event: Row) -> bool:
    """The transaction_id is neither null nor blank nor (not set)."""
    return not is_blank(event["transaction_id"]) and event["transaction_id"].strip() != "(not set)"


def touchpoint_order(touchpoint: Row) -> tuple[Any, ...]:
    """By time, session's start, session, the arrival first, event order."""
    return touchpoint["at"], session_order(touchpoint["session"]), touchpoint["rank"]


def recognise(sessions: list[Row], lifecycle: Any, loose: list[Row], own: str | None) -> None:
    """Give every session its `touchpoints`, repeats collapsed, and every event its rule.

    loose are the refunds in no session; own is the property's currency.
    """
    rules = list(lifecycle.touchpoints)
    conversion = next(rule for rule in rules if rule.key == lifecycle.conversion)
    of_event = [rule for rule in rules if rule.scope == "event"]
    pairs = [(event, session) for session in sessions for event in session["events"]]
    landings = {id(landing) for session in sessions if (landing := first_page_view(session)) is not None}
    early = of_event[: of_event.index(conversion) + 1]
    rows = [event_row(event, session, id(event) in landings, None) for event, session in pairs]
    found = first_that_holds(early, rows, OF_EVENT)
    counted, repeats = count_conversions(sessions, [rule is conversion for rule in found])
    for row, (event, session) in zip(rows, pairs, strict=True):
        row["is_customer"] = is_customer(counted, session["person_id"], event["at"])
    found = first_that_holds(of_event, rows, OF_EVENT)
    for (event, _), rule in zip(pairs, found, strict=True):
        event["rule"], event["is_repeat"] = rule, id(event) in repeats
        event["is_conversion"] = rule is conversion and not event["is_repeat"]
    arrivals = [session_row(s, is_customer(counted, s["person_id"], s["started_at"])) for s in sessions]
    of_session = [rule for rule in rules if rule.scope == "session"]
    for session, rule in zip(sessions, first_that_holds(of_session, arrivals, OF_SESSION), strict=True):
        session["touchpoints"] = touchpoints_of(session, rule)
    settle_money(sessions, loose, own)


def first_page_view(session: Row) -> Row | None:
    """The first page view of a session."""
    return next((event for event in session["events"] if event["event_name"] == "page_view"), None)


def count_conversions(sessions: list[Row], holds: list[bool]) -> tuple[dict[str, list[int]], set[int]]:
    """The times of each person's counted conversions, and the ids of the events that repeat one."""
    flags = iter(holds)
    found = [
        {"at": event["at"], "session": session, "rank": (rank, 0, rank), "event": event}
        for session in sessions
        for rank, event in enumerate(session["events"])
        if next(flags)
    ]
    counted: dict[str, list[int]] = {}
    repeats: set[int] = set()
    seen: set[tuple[str, str]] = set()
    for purchase in sorted(found, key=touchpoint_order):
        person, event = purchase["session"]["person_id"], purchase["event"]
        transaction = (person, event["transaction_id"])
        if has_usable_id(event) and transaction in seen:
            repeats.add(id(event))
            continue
        if has_usable_id(event):
            seen.add(transaction)
        counted.setdefault(person, []).append(event["at"])
    return counted, repeats


def is_customer(counted: dict[str, list[int]], person: str, at: int) -> bool:
    """The person has a counted conversion at an earlier instant."""
    return any(conversion < at for conversion in counted.get(person, []))


def touchpoints_of(session: Row, arrival: Any) -> list[Row]:
    """The touchpoints of one session, in order, repeats in a row made one."""
    kept = [touchpoint(arrival, session, session["started_at"], (-1, 0, 0), None)] if arrival else []
    for at, rank, event in contacts_of(session["events"]):
        rule = event["rule"]
        last = kept[-1] if kept else None
        if last and last["touchpoint"] == rule.key and not event["is_conversion"]:
            last["event_count"] += 1
            continue
        kept.append(touchpoint(rule, session, at, rank, event))
    return kept


def contacts_of(events: list[Row]) -> list[tuple[int, tuple[int, int, int], Row]]:
    """The events that are contacts, with instant and place: what confirms a conversion stands directly after it."""
    found = []
    for rank, event in enumerate(events):
        if event["rule"] is None or event["is_repeat"]:
            continue
        at, place = event["at"], (rank, 0, rank)
        if getattr(event["rule"], "confirms", None) and not event["is_conversion"]:
            later = ((number, other) for number, other in enumerate(events) if number > rank and other["is_conversion"])
            number, conversion = next(later, (rank, event))
            if conversion is not event and conversion["at"] - at <= A_MINUTE:
                at, place = conversion["at"], (number, 1, rank)
        found.append((at, place, event))
    return sorted(found, key=lambda contact: contact[1])


def touchpoint(rule: Any, session: Row, at: int, rank: tuple[int, int, int], event: Row | None) -> Row:
    """One touchpoint; the rank of the arrival is before all others."""
    row: Row = {
        "touchpoint": rule.key,
        "phase": rule.phase,
        "scope": rule.scope,
        "session": session,
        "at": at,
    }
    row |= {"rank": rank, "event": event, "event_count": 1, "revenue": None, "refund": None}
    row["is_conversion"] = event is not None and event["is_conversion"]
    return row


def micro(amount: float) -> int:
    """Money in whole millionths."""
    return round(amount * 1_000_000)


def settle_money(sessions: list[Row], loose: list[Row], own: str | None) -> None:
    """Give every conversion its revenue, net of the person's refunds of the same transaction."""
    refunds: dict[tuple[str, str], int] = {}
    events = [event for session in sessions for event in session["events"]]
    for event in counted_refunds(refunds_of([*events, *loose]), own):
        key = (event["person_id"], event["transaction_id"])
        refunds[key] = refunds.get(key, 0) + micro(event["refund"])
    for session in sessions:
        for conversion in (t for t in session["touchpoints"] if t["is_conversion"]):
            event = conversion["event"]
            is_paid = has_usable_id(event) and event["revenue"] is not None
            refund = refunds.get((session["person_id"], event["transaction_id"])) if is_paid else None
            conversion["refund"] = None if refund is None else refund / 1_000_000
            if event["revenue"] is not None:
                conversion["revenue"] = (micro(event["revenue"]) - (refund or 0)) / 1_000_000


def refunds_of(events: list[Row]) -> list[Row]:
    """The refunds that name a transaction and are worth something, of events with their person."""
    return [e for e in events if e["event_name"] == "refund" and e["refund"] is not None and has_usable_id(e)]


def counted_refunds(refunds: list[Row], own: str | None) -> list[Row]:
    """Those that count: of refunds of one transaction, equal in amount and currency, the earliest alone."""
    counted: dict[tuple[Any, ...], Row] = {}
    for event in sorted(refunds, key=lambda event: (event["at"], event["refund"])):
        code = code_of(event["currency"]) or own
        amount = abs(event["refund_as_exported"])
        counted.setdefault((event["person_id"], event["transaction_id"], code, amount), event)
    return list(counted.values())


def total(amounts: list[float | None]) -> float | None:
    """The sum of what is known; null where nothing is."""
    known = [micro(amount) for amount in amounts if amount is not None]
    return sum(known) / 1_000_000 if known else None
