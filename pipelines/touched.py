"""Whose history has to be rebuilt, and forgetting it before that."""

from dataclasses import dataclass
from datetime import datetime

import duckdb

from models.settings import Settings
from pipelines.fingerprints import of_histories
from pipelines.memory import AS_OF, COUNTS, HISTORIES, recall
from pipelines.memory import forget as forget_memory
from pipelines.unchecked import note_all_unchecked
from pipelines.warehouse import transaction
from transforms.identity import identify

LOGIN = """
    device_id, user_id, occurred_at, batch_page_id, batch_ordering_id, batch_event_index, event_name, export_date,
    content_rank
"""

CHANGED = "a changed setting, lifecycle or version of Sojourn, or a last day that went"


@dataclass(frozen=True)
class People:
    """The people whose histories are rebuilt.

    Args:
        are_all: they are all there are; else those in table `touched`.
    """

    are_all: bool

    @property
    def devices(self) -> str:
        """Their devices, as something to select from."""
        return "devices" if self.are_all else "(FROM devices SEMI JOIN touched USING (person_id))"


def touch(connection: duckdb.DuckDBPyConnection, settings: Settings, as_of: datetime) -> People:
    """Find whose history was touched, and give each device that waits its person, in one transaction.

    The people are written down before anything of theirs changes, so that the next night finds them if this one dies.

    Args:
        connection: the build file.
        settings: identity, and all else that decides histories.
        as_of: the instant that plays the part of now.
    """
    before = recall(connection, AS_OF)
    people = People(
        before is None
        or recall(connection, HISTORIES) != of_histories(settings)
        or as_of < datetime.fromisoformat(before)
    )
    with transaction(connection):
        if people.are_all:
            if before is not None:
                connection.execute("INSERT INTO arrivals SELECT NULL, ? EXCEPT FROM arrivals", [CHANGED])
            forget_memory(connection, HISTORIES)
            forget_memory(connection, COUNTS)
            note_all_unchecked(connection)
            connection.execute("DELETE FROM touched")
            connection.execute("DELETE FROM waiting")
            connection.execute("DELETE FROM devices")
            connection.execute("INSERT INTO waiting SELECT DISTINCT device_id FROM device_days")
            _identify(connection, settings)
        else:
            _touch_people_of_waiting(connection)
            _touch_people_beyond(connection, before or "")
            connection.execute("DELETE FROM devices WHERE device_id IN (FROM waiting)")
            _identify(connection, settings)
            _touch_people_of_waiting(connection)
        connection.execute("DELETE FROM waiting")
    return people


def forget(connection: duckdb.DuckDBPyConnection, people: People) -> None:
    """Delete the histories of people who are about to be rebuilt."""
    if people.are_all:
        for name in ("sessions", "unmatched_sessions", "pages_seen", "touchpoints", "stays", "journeys"):
            connection.execute(f"DELETE FROM {name}")
        return
    connection.execute(
        "DELETE FROM stays WHERE journey_id IN (SELECT journey_id FROM journeys SEMI JOIN touched USING (person_id))"
    )
    for name in ("unmatched_sessions", "pages_seen"):
        connection.execute(
            f"DELETE FROM {name}"
            " WHERE session_id IN (SELECT session_id FROM sessions SEMI JOIN touched USING (person_id))"
        )
    for name in ("sessions", "touchpoints", "journeys"):
        connection.execute(f"DELETE FROM {name} WHERE person_id IN (FROM touched)")


def _touch_people_of_waiting(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(
        "INSERT INTO touched SELECT person_id FROM devices SEMI JOIN waiting USING (device_id) EXCEPT FROM touched"
    )


def _touch_people_beyond(connection: duckdb.DuckDBPyConnection, as_of: str) -> None:
    """Durations end at as_of: those of events that lay beyond it, after a session ended too, grow as it moves."""
    connection.execute(
        "INSERT INTO touched SELECT person_id FROM sessions WHERE ended_at > $as_of::TIMESTAMP"
        " UNION SELECT person_id FROM touchpoints WHERE occurred_at > $as_of::TIMESTAMP EXCEPT FROM touched",
        {"as_of": as_of},
    )


def _identify(connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Give each device that waits, and that still has events, its person."""
    own = connection.sql("FROM device_days SEMI JOIN waiting USING (device_id)")
    devices = own.select("device_id").distinct().pl()
    logins = own.filter("user_id IS NOT NULL").select(LOGIN).pl()
    people = identify(devices, logins, settings.identity)
    connection.execute("INSERT INTO devices SELECT device_id, person_id FROM people ORDER BY device_id")
    del people  # DuckDB read it by its name
