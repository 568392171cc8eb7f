"""Contracts of what nights leave behind: what each day came to, what was restated, and what the next night needs."""

from models.tables.contract import Column, Table

DAY_FIGURES = Table(
    "day_figures",
    "One row per day and figure: what a local day of the property came to in the tables as they stand.",
    ("day", "table_name", "figure"),
    (
        Column("day", "DATE", "Local day of the property.", True),
        Column("table_name", "VARCHAR", "Table that the figure is counted over.", True),
        Column("figure", "VARCHAR", "What is counted: rows, persons, conversions, revenue, ...", True),
        Column("value", "DOUBLE", "Its value; money in the property's currency.", True),
        Column("is_provisional", "BOOLEAN", "The day is at most three days past: GA4 may still change it.", True),
    ),
    example="SELECT day, value AS sessions, is_provisional FROM day_figures WHERE figure = 'sessions_started'"
    " ORDER BY day",
)

RESTATEMENTS = Table(
    "restatements",
    "One row per figure of a day that a later night changed: why a number of yesterday is another today.",
    ("restated_at", "day", "table_name", "figure"),
    (
        Column("restated_at", "TIMESTAMP", "When the night changed it, UTC.", True),
        Column("day", "DATE", "Local day of the property that the figure is of.", True),
        Column("table_name", "VARCHAR", "Table that the figure is counted over.", True),
        Column("figure", "VARCHAR", "What is counted.", True),
        Column("before", "DOUBLE", "Its value before.", True),
        Column("after", "DOUBLE", "Its value since; null if the day is gone."),
        Column("why", "VARCHAR", "What that night brought: the files of the day first, else all; or what else.", True),
    ),
    example="SELECT day, table_name, figure, before, after, why FROM restatements ORDER BY restated_at DESC, day"
    " LIMIT 20",
)

DEVICE_DAYS = Table(
    "device_days",
    "One row per device and export day it has events in, with its last login of that day. Sojourn's own.",
    ("device_id", "export_date"),
    (
        Column("device_id", "VARCHAR", "Device.", True),
        Column("export_date", "DATE", "Day of the export.", True),
        Column("user_id", "VARCHAR", "User of the last event that names one; null where none does."),
        Column("occurred_at", "TIMESTAMP", "When that event happened, UTC; and so on, what orders events:"),
        Column("batch_page_id", "BIGINT", "Second in event order."),
        Column("batch_ordering_id", "BIGINT", "Third in event order."),
        Column("batch_event_index", "BIGINT", "Fourth in event order."),
        Column("event_name", "VARCHAR", "Its name."),
        Column("content_rank", "INTEGER", "Last in event order."),
    ),
)

UNSETTLED = Table(
    "unsettled",
    "One row per export day that came or went since keys and devices were last settled. Sojourn's own.",
    ("export_date",),
    (Column("export_date", "DATE", "Day of the export.", True),),
)

UNCHECKED_DAYS = Table(
    "unchecked_days",
    "One row per export day that came, went or changed since all checks passed. Sojourn's own; empty after a night.",
    ("export_date",),
    (Column("export_date", "DATE", "Day of the export.", True),),
)

WAITING = Table(
    "waiting",
    "One row per device whose identity and history have to be looked at again. Sojourn's own; empty after a night.",
    ("device_id",),
    (Column("device_id", "VARCHAR", "Device.", True),),
)

TOUCHED = Table(
    "touched",
    "One row per person whose history is being rebuilt. Sojourn's own; empty after a night.",
    ("person_id",),
    (Column("person_id", "VARCHAR", "Person.", True),),
)

STALE_PEOPLE = Table(
    "stale_people",
    "One row per person who was rebuilt, or is gone, since the last publishing. Sojourn's own; empty after a night.",
    ("person_id",),
    (
        Column("person_id", "VARCHAR", "Person.", True),
        Column("is_counted", "BOOLEAN", "The marts hold the person as they are now.", True),
    ),
)

STALE_JOURNEYS = Table(
    "stale_journeys",
    "One row per journey that came, went or changed since the last publishing, but for the end of its watch alone;"
    " journeys without a touchpoint too. Sojourn's own; empty after a night.",
    ("journey_id",),
    (
        Column("journey_id", "BIGINT", "Journey, as in sessions and journeys.", True),
        Column("is_counted", "BOOLEAN", "The marts hold the journey as it is now.", True),
    ),
)

ARRIVALS = Table(
    "arrivals",
    "One row per file that came or went since the day figures were last told, or what else changed. Sojourn's own.",
    ("what",),
    (
        Column("export_day", "DATE", "Day that the file holds; null for what is of no day."),
        Column("what", "VARCHAR", "Address of the file, or what else changed.", True),
    ),
)

JUDGED_DAYS = Table(
    "judged_days",
    "One row per loaded day and table whose health checks judged it, or passed it over. Sojourn's own.",
    ("export_day", "table_name"),
    (
        Column("export_day", "DATE", "Day of the export.", True),
        Column("table_name", "VARCHAR", "Table that the health checks stand at: events or touchpoints.", True),
        Column("content", "VARCHAR", "What the day held then: another content is another day.", True),
        Column(
            "verdict",
            "VARCHAR",
            "What came of it: as usual; odd and warned of; odd, so that no run publishes it; odd, and accepted by"
            " somebody; or one day of many, not looked at.",
            True,
            values=("passed", "told", "held", "accepted", "passed_over"),
        ),
    ),
)

MEMORY = Table(
    "memory",
    "One row per thing that a night remembers for the next. Sojourn's own.",
    ("name",),
    (
        Column("name", "VARCHAR", "What is remembered.", True),
        Column("value", "VARCHAR", "As text.", True),
    ),
)
