"""Ageing in the build file: journeys to which nothing happened become mature or dropped off as as_of moves."""

import duckdb

from pipelines.counting import subtract
from transforms.ageing import age
from transforms.rules import Rules

YOUNG = """
    SELECT journey_id, started_at, ended_at, converted_at, is_closed FROM journeys
    WHERE NOT (is_closed AND is_mature)
"""


def age_journeys(connection: duckdb.DuckDBPyConnection, rules: Rules) -> None:
    """Bring what depends on as_of alone up to date, in journeys and in their stays.

    Those that are closed and mature are so for good; the others are not more than a window old.
    """
    young = connection.sql(YOUNG).pl()
    aged = age(young, rules)
    connection.register("aged", aged)
    subtract(
        connection,
        """
        SELECT journey_id FROM journeys JOIN aged AS a USING (journey_id)
        WHERE journeys.is_mature <> a.is_mature OR journeys.is_closed <> a.is_closed
        """,
    )
    connection.execute(
        """
        UPDATE journeys SET
            is_mature = a.is_mature,
            is_closed = a.is_closed,
            outcome = a.outcome,
            watched_until = coalesce(a.watched_until, journeys.watched_until)
        FROM aged AS a
        WHERE journeys.journey_id = a.journey_id
            AND (journeys.watched_until <> a.watched_until OR journeys.is_mature <> a.is_mature
                OR journeys.is_closed <> a.is_closed)
        """
    )
    connection.execute(
        """
        UPDATE stays SET
            watched_until = a.watched_until,
            next_state = CASE WHEN is_censored THEN a.next_state ELSE stays.next_state END
        FROM aged AS a
        WHERE stays.journey_id = a.journey_id
            AND (stays.watched_until <> a.watched_until OR is_censored AND stays.next_state <> a.next_state)
        """
    )
    connection.unregister("aged")
