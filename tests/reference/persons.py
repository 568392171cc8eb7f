"""One row a person, counted naively."""

from tests.reference.sessions import session_order
from tests.reference.touchpoints import total
from tests.reference.values import Row


def person_rows(tables: dict[str, list[Row]]) -> list[Row]:
    """What each person did, over all their sessions and counted conversions."""
    histories: dict[str, list[Row]] = {}
    for session in tables["sessions"]:
        histories.setdefault(session["person_id"], []).append(session)
    return [person_row(person, histories[person], tables) for person in sorted(histories)]


def person_row(person: str, sessions: list[Row], tables: dict[str, list[Row]]) -> Row:
    """One person."""
    touchpoints = tables["touchpoints"]
    devices = {row["device_id"] for row in [*sessions, *tables["loose"]] if row["person_id"] == person}
    purchases = [t for t in touchpoints if t["person_id"] == person and t["is_conversion"]]
    return {
        "person_id": person,
        "first_seen_at": min(session["started_at"] for session in sessions),
        "last_seen_at": max(session["ended_at"] for session in sessions),
        "device_count": len(devices),
        "session_count": len(sessions),
        "journey_count": len({session["journey_number"] for session in sessions}),
        "purchase_count": len(purchases),
        "revenue": total([purchase["revenue"] for purchase in purchases]),
        "first_channel": min(sessions, key=session_order)["channel"],
    }
