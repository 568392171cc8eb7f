"""Contracts of coverage: what no rule of the lifecycle recognises."""

from models.tables.contract import Column, Table

NAME = Column("event_name", "VARCHAR", "GA4's name of the event.", True)
PATH = Column("page_path", "VARCHAR", "Path of the page, as it came; null for events without a page.")

UNMATCHED = Table(
    "unmatched",
    "One row per name and page path of followed events that no rule recognises, commonest first; none is cut off.",
    ("event_name", "page_path"),
    (
        NAME,
        PATH,
        Column("events", "BIGINT", "Events that no rule recognises. A repeat of a purchase is recognised.", True),
        Column("event_share", "DOUBLE", "Their share of all followed events; may be added up.", True, share=True),
        Column("sessions", "BIGINT", "Sessions with such an event; one may stand in many rows.", True),
        Column("session_share", "DOUBLE", "Their share of all sessions.", True, share=True),
        Column(
            "is_automatic",
            "BOOLEAN",
            "GA4 sends it by itself, such as session_start or scroll: no rule need recognise it.",
            True,
        ),
    ),
    example="SELECT event_name, page_path, events, event_share FROM unmatched WHERE NOT is_automatic"
    " ORDER BY events DESC LIMIT 20",
)

UNMATCHED_SESSIONS = Table(
    "unmatched_sessions",
    "One row per session, event name and page path of events that no rule recognises. Sojourn's own.",
    ("session_id", "event_name", "page_path"),
    (
        Column("session_id", "BIGINT", "Session.", True, references="sessions.session_id"),
        NAME,
        PATH,
        Column("events", "BIGINT", "Events that no rule recognises.", True),
    ),
)
