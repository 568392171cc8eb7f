"""Contracts of pages seen near the purchase: where sessions end that came so far."""

from models.tables.contract import Column, Table

PAGE_EXITS = Table(
    "page_exits",
    "One row per page path seen in sessions near the purchase, commonest first: those with a touchpoint in the phase"
    " that holds the conversion, or in the last one before it. Over all journeys.",
    ("page_path",),
    (
        Column("page_path", "VARCHAR", "Path of the page, as it came; '(not set)' for views without an address.", True),
        Column(
            "sessions", "BIGINT", "Of these sessions, those with a page view of it; one may stand in many rows.", True
        ),
        Column("exits", "BIGINT", "Sessions whose last page view is of it; each session is one exit.", True),
        Column("exit_rate", "DOUBLE", "exits / sessions.", True, share=True),
        Column("lost_exits", "BIGINT", "Exits of sessions without a conversion.", True),
        Column("lost_rate", "DOUBLE", "lost_exits / sessions.", True, share=True),
        Column("lost_low", "DOUBLE", "Lower end of its 95 % Wilson interval.", True, share=True),
        Column("lost_high", "DOUBLE", "Upper end of its 95 % Wilson interval.", True, share=True),
        Column(
            "lost_above_average",
            "DOUBLE",
            "lost_exits less those that it would have at the average lost_rate of all pages; below zero where it has"
            " fewer. Null for terms, policies and the like, which people leave because they have read them.",
        ),
    ),
    example="SELECT page_path, sessions, lost_exits, lost_rate, lost_above_average FROM page_exits ORDER BY"
    " lost_above_average DESC NULLS LAST LIMIT 10",
)

PAGES_SEEN = Table(
    "pages_seen",
    "One row per session near the purchase and page path seen in it. Sojourn's own.",
    ("session_id", "page_path"),
    (
        Column("session_id", "BIGINT", "Session.", True, references="sessions.session_id"),
        Column("page_path", "VARCHAR", "Path of the page, as it came; null for views without an address."),
        Column("is_exit", "BOOLEAN", "The last page view of the session is of it.", True),
        Column("has_conversion", "BOOLEAN", "The session holds a counted conversion.", True),
    ),
)
