"""Contracts of what is told by the session that a contact or a purchase was made in, not by the journey's first."""

from models.tables.contract import Column, Table

HANDED = ("channel", "device_category")
OF_SESSION = Column("dimension", "VARCHAR", "What of the session: channel or device_category.", True, HANDED)

CONTACTS_BY = Table(
    "contacts_by",
    "One row per phase and channel, or device category, of the sessions in which its contacts were made, which need not"
    " be that of the journey's first session. Over all journeys.",
    ("phase", "dimension", "value"),
    (
        Column("phase", "VARCHAR", "Phase of the contacts.", True),
        OF_SESSION,
        Column("value", "VARCHAR", "Value of that column of sessions; (not set) where it is null.", True),
        Column("contacts", "BIGINT", "Touchpoints of the phase in such sessions.", True),
        Column("journeys", "BIGINT", "Journeys with at least one; a journey may count at several values.", True),
        Column("share", "DOUBLE", "Share of the phase's contacts.", True, share=True),
        Column("contacts_as_first", "BIGINT", "Those of journeys whose first session has the value too.", True),
    ),
    example="SELECT value, contacts, share FROM contacts_by WHERE dimension = 'channel' AND phase = 'conversion'"
    " ORDER BY contacts DESC",
)

HANDOVERS = Table(
    "handovers",
    "One row per channel, or device category, of a journey's first session and that of the session of its first"
    " conversion. Over converted journeys.",
    ("dimension", "first", "buying"),
    (
        OF_SESSION,
        Column("first", "VARCHAR", "Value of the journey's first session; (not set) where it is null.", True),
        Column("buying", "VARCHAR", "Value of the session of its first conversion; (not set) where it is null.", True),
        Column("purchases", "BIGINT", "Converted journeys; over a dimension they sum to converted of kpis.", True),
        Column("revenue", "DOUBLE", "Their revenue net of refunds; null where none."),
    ),
    example="SELECT first, buying, purchases FROM handovers WHERE dimension = 'device_category'"
    " ORDER BY purchases DESC",
)
