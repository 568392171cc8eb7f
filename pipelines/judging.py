"""Judging days: which of them the health checks look at, and what came of it, which the file remembers by day.

So a day that was held back is held by every later run, and one that a run loaded and did not live to judge is judged by
the next. A day that comes again with other rows is another day: what was said of it is forgotten.
"""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import date

import duckdb

from models.errors import UserError
from models.tables import JUDGED_DAYS
from pipelines.rules import Rule, read_rules

NEWS = 4
"""Of the days that are news to a run so many are judged, the latest: a night loads as many; of a backfill the end is
news."""
CONTENTS = """
    SELECT
        export_day,
        md5(string_agg(concat_ws(' ', content_hash, events), ',' ORDER BY content_hash, events)) AS content,
        bool_and(is_final) AS is_final
    FROM loads
    WHERE export_day IS NOT NULL
    GROUP BY export_day
"""
"""What each loaded day holds, in short, and whether GA4 is done with it."""


class NotLoadedError(UserError):
    """A day that is to be accepted, of which nothing is loaded."""


@dataclass(frozen=True)
class Alarm:
    """What a health rule says.

    Args:
        day: that it is about; none where it is about all that is loaded.
        words: in a sentence.
    """

    day: date | None
    words: str


def days_to_judge(
    connection: duckdb.DuckDBPyConnection, table: str, run: tuple[date, date], is_blocking: bool
) -> list[date]:
    """The loaded days that the health checks of a table look at now, in order.

    Those are the latest of the run's days and of those that no run has judged as they are; and where odd days keep a
    run from publishing, all that did so before. Days that somebody accepted as they are are not among them.

    Args:
        connection: the build file.
        table: the one that the checks stand at.
        run: first and last day of the run.
        is_blocking: whether odd days keep a run from publishing.
    """
    found = connection.execute(
        f"""
        WITH loaded AS (
            SELECT export_day, verdict, export_day BETWEEN ? AND ? OR verdict IS NULL AS is_news
            FROM ({CONTENTS})
            LEFT JOIN (FROM {JUDGED_DAYS.name} WHERE table_name = ?) USING (export_day, content)
            WHERE verdict IS DISTINCT FROM 'accepted'
        )

        (SELECT export_day FROM loaded WHERE is_news ORDER BY ALL DESC LIMIT {NEWS})
        UNION
        SELECT export_day FROM loaded WHERE verdict = 'held' AND ?
        ORDER BY ALL
        """,
        [*run, table, is_blocking],
    )
    return [day for (day,) in found.fetchall()]


def judge(connection: duckdb.DuckDBPyConnection, rule: Rule) -> list[Alarm]:
    """What a health rule says of the days that were measured."""
    return [Alarm(day, words) for day, words in connection.execute(rule.sql).fetchall()]


def note_judged(
    connection: duckdb.DuckDBPyConnection, table: str, days: Sequence[date], odd: Set[date], is_blocking: bool
) -> None:
    """Put down what came of the days that were judged, and that the others are no news any more.

    Days that GA4 may still write to were not judged, and stay news.

    Args:
        connection: the build file.
        table: the one that the checks stand at.
        days: those that were looked at.
        odd: those of which a check said something.
        is_blocking: whether odd days keep a run from publishing.
    """
    verdicts = dict.fromkeys(days, "passed") | dict.fromkeys(odd, "held" if is_blocking else "told")
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE verdicts AS
        SELECT export_day, ? AS table_name, content, coalesce(now.verdict, before.verdict, 'passed_over') AS verdict
        FROM ({CONTENTS})
        LEFT JOIN (SELECT unnest(?::DATE[]) AS export_day, unnest(?::VARCHAR[]) AS verdict) AS now USING (export_day)
        LEFT JOIN (FROM {JUDGED_DAYS.name} WHERE table_name = ?) AS before USING (export_day, content)
        WHERE is_final
        """,
        [table, list(verdicts), list(verdicts.values()), table],
    )
    connection.execute(f"DELETE FROM {JUDGED_DAYS.name} WHERE table_name = ?", [table])
    connection.execute(f"INSERT INTO {JUDGED_DAYS.name} FROM verdicts")


def accept_days(connection: duckdb.DuckDBPyConnection, days: Sequence[date]) -> None:
    """Put down that somebody accepts days as they are loaded now, whatever health checks say of them.

    Raises:
        NotLoadedError: if one of them is not loaded.
    """
    for day in days:
        found = connection.execute(f"SELECT content FROM ({CONTENTS}) WHERE export_day = ?", [day]).fetchall()
        if not found:
            raise NotLoadedError(f"--accept {day}: no such day is loaded; `sojourn status` says which are")
        connection.execute(f"DELETE FROM {JUDGED_DAYS.name} WHERE export_day = ?", [day])
        for table in sorted({rule.table for rule in read_rules("health")}):
            connection.execute(
                f"INSERT INTO {JUDGED_DAYS.name} VALUES (?, ?, ?, 'accepted')", [day, table, found[0][0]]
            )
