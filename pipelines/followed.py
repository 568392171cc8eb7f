"""Followed events: what the transforms rebuild histories from, and the tables that take these up."""

import re
from collections.abc import Sequence

import duckdb
import polars as pl

from models.lifecycle import Lifecycle
from models.sql import quoted_name, quoted_text, read_sql
from models.tables import JOURNEYS, PAGES_SEEN, SESSIONS, STAYS, TOUCHPOINTS, UNMATCHED_SESSIONS, Table
from pipelines.marking import MARKS
from transforms.sessions import TRAITS

NEEDED = (
    "event_id",
    "person_id",
    "device_id",
    "occurred_at",
    "event_name",
    "ga_session_id",
    "page_location",
    "page_path",
    "engagement_seconds",
    "source",
    "medium",
    "campaign",
    "click_id",
    "default_channel_group",
    *TRAITS,
    "transaction_id",
    "revenue",
    "refund",
    "refund_as_exported",
    "currency",
)
OF_SESSION = {"channel", "is_landing", "is_customer", "session_id"}
PARAM = "param_"
STORED = (SESSIONS, UNMATCHED_SESSIONS, PAGES_SEEN, TOUCHPOINTS, STAYS, JOURNEYS)
"""The tables of histories."""


def needed_columns(lifecycle: Lifecycle) -> list[str]:
    """The columns that the transforms need with this lifecycle, then MARKS."""
    return list(dict.fromkeys([*NEEDED, *sorted(lifecycle.columns_of("event") - OF_SESSION), *MARKS]))


def histories_query(columns: Sequence[str], people: str, events: str = "events") -> str:
    """The query for followed events in person, device and event order.

    Args:
        columns: what to select, as `column_of` writes it.
        people: devices with their persons, as something to select from.
        events: all events, or at least those of the devices, as something to select from.
    """
    parts = {"columns": ", ".join(columns), "people": people, "events": events}
    # In one go: a param may be called {people}.
    return re.sub(r"\{(columns|people|events)\}", lambda name: parts[name[1]], read_sql("rebuilding/histories"))


def column_of(name: str) -> str:
    """A needed column as an expression over `events`: that of an event param reads it from the list of them."""
    if name.startswith(PARAM):
        return f"param_text(event_params, {quoted_text(name.removeprefix(PARAM))}) AS {quoted_name(name)}"
    return name


def insert_rows(connection: duckdb.DuckDBPyConnection, table: Table, frame: pl.DataFrame) -> None:
    """Insert the rows of a frame that has the columns of a table of histories."""
    connection.register("histories_frame", frame)
    connection.execute(insertion(table, "histories_frame"))
    connection.unregister("histories_frame")


def insertion(table: Table, source: str) -> str:
    """The statement that inserts rows into a table of histories, the local days of their instants told.

    Args:
        table: of histories.
        source: something to select its other columns from; the variable timezone is set.
    """
    values = (
        f"local_day(quarter_of(\"{column.day_of}\"), getvariable('timezone'))" if column.day_of else f'"{column.name}"'
        for column in table.columns
    )
    columns = ", ".join(f'"{name}"' for name in table.column_names)
    return f"INSERT INTO {table.name} ({columns}) SELECT {', '.join(values)} FROM {source}"
