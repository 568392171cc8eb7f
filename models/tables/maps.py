"""Contracts of what a journey map is drawn from: contacts, leaks, and the map itself."""

from models.tables.contract import Column, Table
from models.tables.marts import DIMENSION, LEVELS, SEGMENT

ASPECTS = ("contacts", "flow", "time", "feelings", "channels", "levers", "owners", "gaps")
UNITS = ("share", "journeys", "seconds", "purchases", "score", "answers")

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
    "One row per phase, touchpoint and segment at which journeys ended that dropped off. What it would bring if fewer"
    " left, table levers says.",
    ("dimension", "segment", "phase", "touchpoint"),
    (
        DIMENSION,
        SEGMENT,
        Column("phase", "VARCHAR", "Furthest phase of the journeys.", True),
        Column("touchpoint", "VARCHAR", "Their last touchpoint, of whichever phase.", True),
        Column("dropped_off", "BIGINT", "Journeys that ended so; they sum to dropped_off of phase_metrics.", True),
        Column("share", "DOUBLE", "Their share of the segment's journeys that dropped off.", share=True),
        Column("cumulative_share", "DOUBLE", "Share of these and of all commoner ones together.", share=True),
    ),
    example="SELECT phase, touchpoint, dropped_off, cumulative_share FROM leaks WHERE dimension = 'all' ORDER BY"
    " dropped_off DESC",
)

LEVERS = Table(
    "levers",
    "One row per phase or touchpoint up to the purchase and segment: what if a tenth fewer left there? In the chain of"
    " mature decided journeys (as in states) its probability of (drop-off) times 0.9, its other ways scaled up, all"
    " else as it is. One state at a time: rows are never added up, for who stays here may be won there as well.",
    ("dimension", "segment", "level", "state"),
    (
        DIMENSION,
        SEGMENT,
        Column("level", "VARCHAR", "Phases or touchpoints.", True, LEVELS),
        Column("state", "VARCHAR", "Phase of stage before or during, or touchpoint of one.", True),
        Column("left_here", "BIGINT", "Mature journeys that dropped off straight from it.", True),
        Column(
            "extra_purchases",
            "DOUBLE",
            "Further mature journeys that would convert; at most a tenth of left_here. 0 where all who were there left:"
            " nobody knows where else they go.",
            True,
        ),
        Column(
            "extra_revenue",
            "DOUBLE",
            "extra_purchases x mean revenue of a converted journey of the segment, the property's currency; null where"
            " nothing was bought for money.",
        ),
        Column(
            "low",
            "DOUBLE",
            "Lower end of the 95 % interval of extra_purchases, not below 0: a jackknife that leaves out one of ten"
            " groups of persons at a time (Kott 2001), by Student's t with 9 degrees of freedom. Null where one group"
            " holds all journeys.",
        ),
        Column("high", "DOUBLE", "Upper end of that interval."),
    ),
    example="SELECT state, left_here, extra_purchases, low, high, extra_revenue FROM levers"
    " WHERE dimension = 'all' AND level = 'phase' ORDER BY extra_purchases DESC",
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
            " channels: the three whose visits brought most of its contacts, and the rest. levers: the three"
            " touchpoints at which most is won if a tenth fewer leave. owners: who owns contacts, as share of all."
            " gaps: of segments that somebody can act on (device, browser, channel, landing page, persona) the three"
            " that lose the most more than all others: significant in comparisons, thirty decided on both sides.",
            True,
            ASPECTS,
        ),
        Column("rank", "INTEGER", "Order in the cell, from 1.", True),
        Column("item", "VARCHAR", "Touchpoint, figure of phase_metrics, channel, owner or segment.", True),
        Column("value", "DOUBLE", "Its value, in `unit`; null where it cannot be told."),
        Column("unit", "VARCHAR", "share, journeys, seconds, purchases, score or answers.", True, UNITS),
        Column(
            "journeys",
            "DOUBLE",
            "Journeys behind it, null of the rest of channels; of a gap those lost more than at the others' rate.",
        ),
        Column("item_dimension", "VARCHAR", "Of a gap: the dimension of the segment."),
        Column("revenue", "DOUBLE", "Of a lever: extra_revenue, the property's currency."),
    ),
    example="SELECT phase, item, value FROM journey_map WHERE dimension = 'all' AND aspect = 'contacts' ORDER BY"
    " phase_index, rank",
)
