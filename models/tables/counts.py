"""Contracts of what marts are counted from: Sojourn's own tables, which change with the journeys that changed."""

from models.tables.contract import Column, Table

SEGMENTS = Table(
    "segments",
    "One row per segment that was ever counted, and its number. Sojourn's own.",
    ("segment_number",),
    (
        Column("segment_number", "INTEGER", "Number that stands for it.", True),
        Column("dimension", "VARCHAR", "`all`, or the journey column that segments come from.", True),
        Column("segment", "VARCHAR", "Value of that column; `all` for all.", True),
    ),
)

PROFILES = Table(
    "profiles",
    "One row per profile and segment of it: a profile is all the segments that a journey counts in. Sojourn's own.",
    ("profile", "segment_number"),
    (
        Column("profile", "INTEGER", "Number that stands for the profile.", True),
        Column("segment_number", "INTEGER", "One of its segments.", True),
    ),
)

COUNTED_JOURNEYS = Table(
    "counted_journeys",
    "One row per journey that is counted, listed or not. Sojourn's own.",
    ("journey_id",),
    (
        Column("journey_id", "BIGINT", "Journey.", True),
        Column("journey", "INTEGER", "Number that stands for it; the later counted, the higher.", True),
        Column("profile", "INTEGER", "The segments that it counts in.", True),
    ),
)

FACT_KINDS = Table(
    "fact_kinds",
    "One row per kind of fact that is counted over journeys: models/counting says which there are. Sojourn's own.",
    ("figure", "part", "level", "from_state", "to_state"),
    (
        Column("kind", "INTEGER", "Number that stands for it.", True),
        Column("figure", "VARCHAR", "What is counted: move, dwell, journey, ...", True),
        Column("part", "VARCHAR", "Part of a transition, or what else parts the figure; else empty.", True),
        Column("level", "VARCHAR", "Level of a transition; else empty.", True),
        Column("from_state", "VARCHAR", "State left, or the phase; else empty.", True),
        Column("to_state", "VARCHAR", "State entered, or the outcome; else empty.", True),
    ),
)

JOURNEY_FACTS = Table(
    "journey_facts",
    "One row per fact of a journey, as it was counted. Sojourn's own.",
    (),
    (
        Column("journey", "INTEGER", "Number of the journey.", True),
        Column("profile", "INTEGER", "The segments that it counts in.", True),
        Column("kind", "INTEGER", "Kind of fact.", True),
        Column("value", "BIGINT", "How long it took, microseconds; see models/counting."),
    ),
)

TAKEN_OFF = Table(
    "taken_off",
    "One row per journey that counts no more and whose facts still stand in journey_facts. Sojourn's own.",
    ("journey",),
    (Column("journey", "INTEGER", "Number that stood for the journey.", True),),
)

FACT_COUNTS = Table(
    "fact_counts",
    "One row per segment, kind of fact and value that it is counted by: how many facts there are, the sum of"
    " journey_facts. Sojourn's own.",
    ("segment_number", "kind", "counted_value"),
    (
        Column("segment_number", "INTEGER", "Segment.", True),
        Column("kind", "INTEGER", "Kind of fact.", True),
        Column(
            "counted_value",
            "BIGINT",
            "Duration to three significant digits, microseconds; of a decided_move the group of persons; else null.",
        ),
        Column("fact_count", "BIGINT", "Facts.", True),
        Column("total", "HUGEINT", "Sum of their values, microseconds; null without values."),
    ),
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
