"""Contracts of the aggregates: the additive counts per segment that marts are summed up from. Sojourn's own tables.

No mart is here, and nothing that stands for one journey: where a journey changes, what it gave is subtracted and what
it gives now is added.
"""

from models.tables.contract import Column, Table

PERIODS = ("all", "recent")
"""The journeys that figures are over: all, or those that began in the last weeks of which all are mature."""
SEGMENT = Column("segment_number", "INTEGER", "Segment, as in `segments`.", True)
PHASE = Column("phase", "VARCHAR", "Phase.", True)
TOUCHPOINT = Column("touchpoint", "VARCHAR", "Touchpoint.", True)
EDGE = Column("edge", "INTEGER", "Transition, as in `edges`.", True)
DURATION = "three significant digits, microseconds"

SEGMENTS = Table(
    "segments",
    "One row per period and segment that was ever counted, and its number. Sojourn's own.",
    ("segment_number",),
    (
        Column("segment_number", "INTEGER", "Number that stands for it.", True),
        Column("period", "VARCHAR", "`all` journeys, or those that began in the `recent` weeks.", True, PERIODS),
        Column("dimension", "VARCHAR", "`all`, or the journey column that segments come from.", True),
        Column("segment", "VARCHAR", "Value of that column; `all` for all.", True),
    ),
)

JOURNEY_OUTCOME_COUNTS = Table(
    "journey_outcome_counts",
    "One row per segment, furthest phase, outcome, maturity and touchpoint at which journeys were lost. Sojourn's own.",
    ("segment_number", "furthest_phase", "outcome", "is_mature", "lost_at"),
    (
        SEGMENT,
        Column("furthest_phase", "VARCHAR", "Furthest phase; empty where a journey is in none.", True),
        Column("outcome", "VARCHAR", "Outcome.", True),
        Column("is_mature", "BOOLEAN", "Whether they are mature.", True),
        Column("lost_at", "VARCHAR", "Last touchpoint of those that dropped off in a phase; else empty.", True),
        Column("journeys", "BIGINT", "Journeys.", True),
    ),
)

SESSION_COUNTS = Table(
    "session_counts",
    "One row per segment of the journeys that sessions belong to, and whether they bounced; offline sessions are none."
    " Sojourn's own.",
    ("segment_number", "is_bounce"),
    (
        SEGMENT,
        Column("is_bounce", "BOOLEAN", "Whether they bounced.", True),
        Column("sessions", "BIGINT", "Sessions; of `all` also those of journeys without a touchpoint.", True),
    ),
)

PHASE_VISIT_COUNTS = Table(
    "phase_visit_counts",
    "One row per segment and phase. Sojourn's own.",
    ("segment_number", "phase"),
    (
        SEGMENT,
        PHASE,
        Column("visited", "BIGINT", "Journeys with a stay in the phase.", True),
        Column("entered", "BIGINT", "Journeys whose first stay is in the phase.", True),
    ),
)

STAY_DURATION_COUNTS = Table(
    "stay_duration_counts",
    "One row per segment, phase, measure and duration. Sojourn's own.",
    ("segment_number", "phase", "measure", "duration"),
    (
        SEGMENT,
        PHASE,
        Column(
            "measure",
            "VARCHAR",
            "`dwell` and `active` of stays that were left, `watch` of stays whose watch ended before they were.",
            True,
            ("dwell", "active", "watch"),
        ),
        Column("duration", "BIGINT", f"How long, {DURATION}.", True),
        Column("stays", "BIGINT", "Stays.", True),
        Column("total", "HUGEINT", "Sum of their durations, whole microseconds.", True),
    ),
)

RUNNING_WATCH_COUNTS = Table(
    "running_watch_counts",
    "One row per segment, phase and time for which stays that nobody left are watched so far: counted anew each night."
    " Sojourn's own.",
    ("segment_number", "phase", "duration"),
    (
        SEGMENT,
        PHASE,
        Column("duration", "BIGINT", f"How long by as_of, {DURATION}.", True),
        Column("stays", "BIGINT", "Stays.", True),
    ),
)

EDGES = Table(
    "edges",
    "One row per transition between states that was ever counted, and its number. Sojourn's own.",
    ("edge",),
    (
        Column("edge", "INTEGER", "Number that stands for it.", True),
        Column("part", "VARCHAR", "`to_purchase` or `after_purchase`.", True),
        Column("level", "VARCHAR", "`phase` or `touchpoint`.", True),
        Column("from_state", "VARCHAR", "State left.", True),
        Column("to_state", "VARCHAR", "State entered.", True),
    ),
)

TRANSITION_COUNTS = Table(
    "transition_counts",
    "One row per segment, edge and time that it took. Sojourn's own.",
    ("segment_number", "edge", "duration"),
    (
        SEGMENT,
        EDGE,
        Column("duration", "BIGINT", f"From entering the one state to entering the next, {DURATION}; null where none."),
        Column("transitions", "BIGINT", "Transitions.", True),
    ),
)

DECIDED_TRANSITION_COUNTS = Table(
    "decided_transition_counts",
    "One row per segment, edge up to the purchase and group of persons: transitions of mature decided journeys."
    " Sojourn's own.",
    ("segment_number", "edge", "person_group"),
    (
        SEGMENT,
        EDGE,
        Column("person_group", "BIGINT", "Group of the person, 0 to 9.", True),
        Column("transitions", "BIGINT", "Transitions.", True),
    ),
)

TOUCHPOINT_COUNTS = Table(
    "touchpoint_counts",
    "One row per segment, touchpoint, and whether journeys are decided and converted. Sojourn's own.",
    ("segment_number", "phase", "touchpoint", "is_decided", "is_converted"),
    (
        SEGMENT,
        PHASE,
        TOUCHPOINT,
        Column("is_decided", "BOOLEAN", "Mature, not open, and with it before the first conversion if any.", True),
        Column("is_converted", "BOOLEAN", "Whether the journeys converted.", True),
        Column("journeys", "BIGINT", "Journeys that have it.", True),
        Column("contacts", "BIGINT", "How often they do.", True),
    ),
)

CONTACT_COUNTS = Table(
    "contact_counts",
    "One row per segment, phase, and channel or device category of the sessions of its contacts. Sojourn's own.",
    ("segment_number", "phase", "quality", "value"),
    (
        SEGMENT,
        PHASE,
        Column("quality", "VARCHAR", "`channel` or `device_category`.", True),
        Column("value", "VARCHAR", "Channel, or device category; (not set) where there is none.", True),
        Column("journeys", "BIGINT", "Journeys.", True),
        Column("contacts", "BIGINT", "Contacts.", True),
    ),
)

PURCHASE_COUNTS = Table(
    "purchase_counts",
    "One row per segment, number of touchpoints and time before the purchase, of journeys that converted or have"
    " revenue. Sojourn's own.",
    ("segment_number", "outcome", "touchpoints_before_purchase", "duration"),
    (
        SEGMENT,
        Column("outcome", "VARCHAR", "Outcome.", True),
        Column("touchpoints_before_purchase", "BIGINT", "Touchpoints before the first conversion."),
        Column("duration", "BIGINT", f"Time to purchase, {DURATION}."),
        Column("journeys", "BIGINT", "Journeys.", True),
        Column("with_revenue", "BIGINT", "Those of them with a known revenue.", True),
        Column("revenue_millionths", "HUGEINT", "Their revenue, millionths of the currency.", True),
    ),
)

AGGREGATES = (
    JOURNEY_OUTCOME_COUNTS,
    SESSION_COUNTS,
    PHASE_VISIT_COUNTS,
    STAY_DURATION_COUNTS,
    TRANSITION_COUNTS,
    DECIDED_TRANSITION_COUNTS,
    TOUCHPOINT_COUNTS,
    CONTACT_COUNTS,
    PURCHASE_COUNTS,
)
"""Those that follow the journeys that changed; what one journey gives is the SQL of that name in models/counting."""

SURVEY_ANSWERS = Table(
    "survey_answers",
    "One row per answer to a survey within a session, and the contact that it belongs to. Sojourn's own.",
    (),
    (
        Column("journey_id", "BIGINT", "Journey of the session.", True),
        Column("scale", "VARCHAR", "`nps` or `csat`; null where the score is off its scale."),
        Column("score", "DOUBLE", "Score; null where it is off its scale."),
        Column("phase", "VARCHAR", "Phase of the contact before it; (none) without one; null off the scale."),
        Column("touchpoint", "VARCHAR", "Touchpoint before it; (none) without one; null off the scale."),
    ),
)

PURCHASER_SEGMENTS = Table(
    "purchaser_segments",
    "One row per person who bought and segment that a journey of theirs with a conversion falls in. Sojourn's own.",
    ("person_id", "segment_number"),
    (Column("person_id", "VARCHAR", "Person.", True), SEGMENT),
)

COUNTED_PEOPLE = Table(
    "counted_people",
    "One row per person: what kpis, repurchase_curves and quality count of them, as it was counted. Sojourn's own.",
    ("person_id",),
    (
        Column("person_id", "VARCHAR", "Person.", True),
        Column("agreeing_event_count", "BIGINT", "Events in sessions that are one session to GA4 as well.", True),
        Column("is_returning", "BOOLEAN", "GA4 numbers the first session seen above 1; null where it numbers none."),
        Column("first_purchase_at", "TIMESTAMP", "First counted conversion, UTC; null if never bought."),
        Column("repurchased_at", "TIMESTAMP", "First conversion in a session after that of it, UTC; null if none."),
        Column("returned_at", "TIMESTAMP", "Start of the first session after that of it, UTC; null if none."),
        Column("value_30d", "DOUBLE", "Revenue net of refunds within 30 days of it; null where none is known."),
        Column("value_90d", "DOUBLE", "Revenue net of refunds within 90 days of it; null where none is known."),
        Column("value_365d", "DOUBLE", "Revenue net of refunds within 365 days of it; null where none is known."),
    ),
)

COUNTED = (SEGMENTS, EDGES, *AGGREGATES, RUNNING_WATCH_COUNTS, SURVEY_ANSWERS, PURCHASER_SEGMENTS, COUNTED_PEOPLE)
"""What the marts are counted from."""
