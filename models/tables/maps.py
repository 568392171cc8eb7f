"""Contracts of what a journey map is drawn from: contacts, leaks, and the map itself."""

from models.tables.contract import Column, Table
from models.tables.marts import DIMENSION, SEGMENT

ASPECTS = ("contacts", "flow", "time", "feelings", "channels", "leaks", "owners", "gaps")
UNITS = ("share", "journeys", "seconds", "currency", "score", "answers")

TOUCHPOINT_METRICS = Table(
    "touchpoint_metrics",
    "One row per touchpoint that occurs and segment: how many journeys have it, and how many of those buy."
    " With dimension = 'persona' it is the grid of personas and touchpoints.",
    ("dimension", "segment", "touchpoint"),
    (
        DIMENSION,
        SEGMENT,
        Column("phase", "VARCHAR", "Phase of the touchpoint.", True),
        Column("touchpoint", "VARCHAR", "Key of the touchpoint.", True),
        Column("contacts", "BIGINT", "Rows of touchpoints.", True),
        Column("journeys", "BIGINT", "Journeys with at least one.", True),
        Column("share", "DOUBLE", "Their share of the segment's journeys.", True, share=True),
        Column("decided", "BIGINT", "Mature journeys not open, with one before the first conversion if any.", True),
        Column("converted", "BIGINT", "Those of them that converted.", True),
        Column("purchase_share", "DOUBLE", "converted / decided; null over nothing.", share=True),
        Column("purchase_low", "DOUBLE", "Lower end of its 95 % Wilson interval.", share=True),
        Column("purchase_high", "DOUBLE", "Upper end of its 95 % Wilson interval.", share=True),
    ),
    example="SELECT touchpoint, journeys, purchase_share FROM touchpoint_metrics WHERE dimension = 'all' ORDER BY"
    " journeys DESC",
)

LEAKS = Table(
    "leaks",
    "One row per phase, touchpoint and segment at which journeys ended that dropped off, and what was at stake there.",
    ("dimension", "segment", "phase", "touchpoint"),
    (
        DIMENSION,
        SEGMENT,
        Column("phase", "VARCHAR", "Furthest phase of the journeys.", True),
        Column("touchpoint", "VARCHAR", "Their last touchpoint, of whichever phase.", True),
        Column("dropped_off", "BIGINT", "Journeys that ended so; they sum to dropped_off of phase_metrics.", True),
        Column(
            "value_at_stake",
            "DOUBLE",
            "dropped_off x purchase_share of the touchpoint x mean revenue of a converted journey, both of the segment;"
            " the property's currency. Null where nobody decided had the touchpoint or nothing was bought.",
        ),
        Column("share", "DOUBLE", "Its share of the segment's value at stake.", share=True),
        Column("cumulative_share", "DOUBLE", "Share of it and all greater ones together.", share=True),
    ),
    example="SELECT phase, touchpoint, dropped_off, value_at_stake FROM leaks WHERE dimension = 'all' ORDER BY"
    " value_at_stake DESC NULLS LAST",
)

JOURNEY_MAP = Table(
    "journey_map",
    "One row per thing told in a cell of the journey map: phases are its columns, aspects its rows."
    " For all journeys and for each persona.",
    ("dimension", "segment", "phase", "aspect", "rank"),
    (
        DIMENSION,
        SEGMENT,
        Column("phase_index", "INTEGER", "Order of the phase, from 1.", True),
        Column("phase", "VARCHAR", "Phase.", True),
        Column(
            "aspect",
            "VARCHAR",
            "contacts: the five commonest touchpoints, as share of the journeys that visited the phase. flow: what came"
            " of the journeys that reached it. time: how long it takes. feelings: what surveys after its contacts tell."
            " channels: the three whose visits brought most of its contacts, and the rest. leaks: the three exits with"
            " the most at stake. owners: who owns the contacts, as share of them."
            " gaps: of segments that somebody can act on (device, browser, channel, landing page, persona) the three"
            " that lose the most more than all others: significant in comparisons, thirty decided on both sides.",
            True,
            ASPECTS,
        ),
        Column("rank", "INTEGER", "Order in the cell, from 1.", True),
        Column("item", "VARCHAR", "Touchpoint, figure of phase_metrics, channel, owner or segment.", True),
        Column("value", "DOUBLE", "Its value, in `unit`; null where it cannot be told."),
        Column("unit", "VARCHAR", "share, journeys, seconds, currency, score or answers.", True, UNITS),
        Column(
            "journeys",
            "DOUBLE",
            "Journeys behind it, null of the rest of channels; of a gap those lost more than at the others' rate.",
        ),
        Column("item_dimension", "VARCHAR", "Of a gap: the dimension of the segment."),
    ),
    example="SELECT phase, item, value FROM journey_map WHERE dimension = 'all' AND aspect = 'contacts' ORDER BY"
    " phase_index, rank",
)
