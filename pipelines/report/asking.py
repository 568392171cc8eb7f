"""Asking the published file what stands behind each figure: the very queries that the page shows."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import duckdb
import polars as pl

from models.periods import Period
from models.sql import quoted_text, read_sql
from transforms.readers import ALL

OF_SEGMENT = ("answer", "funnel", "dwell", "curves", "touchpoints", "sankey", "contacts", "levers", "map", "personas")
OF_ALL = (
    "segments",
    "handovers",
    "channels",
    "contacts_by",
    "pages",
    "changes",
    "cohorts",
    "days",
    "restated",
    "quality",
)
"""Questions that are answered over all journeys only."""


def questions_of(segment: tuple[str, str]) -> tuple[str, ...]:
    """What is asked for a report of a segment; all there is, where it is of all journeys."""
    return (*OF_SEGMENT, *(OF_ALL if segment == ALL else ()))


@dataclass(frozen=True)
class Answer:
    """A question in SQL, as it can be copied, and the rows that came of it."""

    sql: str
    frame: pl.DataFrame


def ask(
    connection: duckdb.DuckDBPyConnection, questions: Iterable[str], values: Mapping[str, str | date]
) -> dict[str, Answer]:
    """Ask questions of models/report.

    Args:
        connection: to a published file, or to anything with its tables.
        questions: names of the files.
        values: what stands for `$name` in them.

    Raises:
        KeyError: if a value is missing.
    """
    queries = {name: written(read_sql(f"report/{name}"), values) for name in questions}
    return {name: Answer(sql, connection.sql(sql).pl()) for name, sql in queries.items()}


def written(sql: str, values: Mapping[str, str | date]) -> str:
    """A query with its values in it, so that it runs wherever it is pasted.

    >>> written("SELECT $day, $who", {"day": date(2026, 5, 10), "who": "it's"})
    "SELECT DATE '2026-05-10', 'it''s'"
    """

    def literal(match: re.Match[str]) -> str:
        value = values[match[1]]
        return quoted_text(value) if isinstance(value, str) else f"DATE '{value.isoformat()}'"

    return re.sub(r"\$([a-z_]+)", literal, sql).strip()


def values_of(segment: tuple[str, str], period: Period, mature: Period) -> dict[str, str | date]:
    """What the questions are asked of.

    Args:
        segment: dimension and segment.
        period: the one that is told, beside the one before it.
        mature: the last one all of whose journeys are mature.
    """
    days = {
        "first": period.first,
        "last": period.last,
        "first_before": period.before.first,
        "last_before": period.before.last,
    }
    matured = {
        "mature_first": mature.first,
        "mature_last": mature.last,
        "mature_first_before": mature.before.first,
        "mature_last_before": mature.before.last,
    }
    return {"dimension": segment[0], "segment": segment[1], **days, **matured}
