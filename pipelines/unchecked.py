"""What checks have to look at: the rows that changed since all of them last passed.

All rows are looked at where none have passed yet, by another version of the checks, and in the first night of a week.
"""

from typing import Literal, get_args

import duckdb

from models.tables import UNCHECKED_DAYS, Table
from pipelines.fingerprints import of_checks
from pipelines.memory import forget, recall, remember
from pipelines.warehouse import first_row

Group = Literal["exports", "histories", "marts"]
GROUPS: tuple[Group, ...] = get_args(Group)
"""The groups of tables that are checked, each after it is written, in their order."""
CHECKED_WITH = "checked_with"

OF_DAYS = "export_date IN (SELECT export_date FROM unchecked_days)"
OF_PEOPLE = "person_id IN (SELECT person_id FROM stale_people)"
OF_JOURNEYS = "journey_id IN (SELECT journey_id FROM stale_journeys)"
NEAR_DAYS = (
    "BETWEEN (SELECT min(export_date) - 3 FROM unchecked_days) AND (SELECT max(export_date) + 4 FROM unchecked_days)"
)
CHANGED = {
    "events": OF_DAYS,
    "items": OF_DAYS,
    "devices": OF_PEOPLE,
    "sessions": f"{OF_JOURNEYS} OR started_at {NEAR_DAYS}",
    "touchpoints": f"{OF_JOURNEYS} OR occurred_at {NEAR_DAYS}",
    "stays": OF_JOURNEYS,
    "journeys": OF_JOURNEYS,
    "journey_segments": OF_JOURNEYS,
    "persons": OF_PEOPLE,
}
"""Which rows of a table may have changed; those of all others are few, and all of them are looked at.

What refers to events and devices of changed days lies near those days: it is looked at even if it should have changed
and did not.
"""


def unchecked_rows(connection: duckdb.DuckDBPyConnection, table: Table) -> str:
    """The rows of a table that checks have to look at, as something to select from."""
    if table.name not in CHANGED or recall(connection, CHECKED_WITH) != _checked_with(connection):
        return table.name
    return f"(FROM {table.name} WHERE {CHANGED[table.name]})"


def note_written(connection: duckdb.DuckDBPyConnection, group: Group) -> None:
    """Put down that a group of tables is written: its checks, and those of what stands on it, have yet to pass."""
    for later in GROUPS[GROUPS.index(group) :]:
        forget(connection, _passed(later))


def note_passed(connection: duckdb.DuckDBPyConnection, group: Group) -> None:
    """Put down that the checks of a group passed over what had changed."""
    remember(connection, _passed(group), "yes")


def note_all_unchecked(connection: duckdb.DuckDBPyConnection) -> None:
    """Put down that all rows are to be looked at, for all of them may have changed."""
    forget(connection, CHECKED_WITH)


def have_all_passed(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether the checks of all groups passed since they were last written.

    What did not pass, or was not checked, is looked at again by the next checks, until it is mended.
    """
    return all(recall(connection, _passed(group)) for group in GROUPS)


def clear_unchecked(connection: duckdb.DuckDBPyConnection) -> None:
    """Forget which days changed, to be called when all checks have passed: the next look at what changes then."""
    connection.execute(f"DELETE FROM {UNCHECKED_DAYS.name}")
    remember(connection, CHECKED_WITH, _checked_with(connection))


def _checked_with(connection: duckdb.DuckDBPyConnection) -> str:
    """What rows are looked at again for: other checks, or another week of the exports."""
    row = first_row(connection, "SELECT date_trunc('week', max(export_day))::DATE FROM loads")
    return f"{of_checks()} {row[0] if row else None}"


def _passed(group: Group) -> str:
    return f"{group}_passed"
