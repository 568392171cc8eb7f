"""What no rule recognises: by event name and page path, and its shares of events and sessions."""

from typing import Any

from tests.reference.statistics import rate
from tests.reference.values import Row

# What GA4 collects by itself on a website or in an app (support.google.com/analytics/answer/9234069), page views apart.
AUTOMATIC = ["session_start", "first_visit", "user_engagement", "scroll", "first_open", "app_remove", "app_update"]
AUTOMATIC += ["app_clear_data", "app_exception", "os_update"]
Tables = dict[str, list[Row]]
Session = tuple[Any, ...]


def session_of(row: Row) -> Session:
    """The natural key of a row's session."""
    return row["device_id"], row["device_session_number"]


def unmatched_rows(tables: Tables) -> list[Row]:
    """Table unmatched: events and sessions of each name and path that no rule recognises."""
    groups: dict[tuple[str, str | None], list[Row]] = {}
    followed = len(tables["events"]) + len(tables["loose"])
    for event in tables["events"]:
        if event["rule"] is None:
            groups.setdefault((event["event_name"], event["page_path"]), []).append(event)
    return [
        {
            "event_name": name,
            "page_path": path,
            "events": len(events),
            "event_share": len(events) / followed,
            "sessions": len({session_of(event) for event in events}),
            "session_share": len({session_of(event) for event in events}) / len(tables["sessions"]),
            "is_automatic": name in AUTOMATIC,
        }
        for (name, path), events in groups.items()
    ]


def coverage(tables: Tables) -> Row:
    """Shares of events and sessions that no rule recognises."""
    events, sessions = tables["events"], {session_of(session) for session in tables["sessions"]}
    recognised = {session_of(event) for event in events if event["rule"] is not None}
    arrived = {session_of(touchpoint) for touchpoint in tables["touchpoints"] if touchpoint["rank"] < (0, 0, 0)}
    touched = {session_of(touchpoint) for touchpoint in tables["touchpoints"]}
    unknown = [event["event_name"] for event in events if event["rule"] is None]
    automatic = sum(name in AUTOMATIC for name in unknown)
    return {
        "unmatched_share": rate(len(unknown) - automatic, len(events) + len(tables["loose"])),
        "automatic_share": rate(automatic, len(events) + len(tables["loose"])),
        "unmatched_session_share": rate(len(sessions - recognised), len(sessions)),
        "unmatched_arrival_share": rate(len(sessions - arrived), len(sessions)),
        "session_without_touchpoint_share": rate(len(sessions - touched), len(sessions)),
    }
