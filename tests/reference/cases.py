"""The lifecycle of the hand-worked cases, and a short way from a tiny world to its tables."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.reference.rebuild import Tables, rebuild
from tests.reference.values import Row
from tests.reference.worlds import Lifecycle, Phase, Touchpoint, events, minutes

LIFE = Lifecycle(
    (Phase("see", "before"), Phase("want", "before"), Phase("buy", "during"), Phase("keep", "after")),
    (
        Touchpoint("purchase", "buy", "event", "event_name = 'purchase'"),
        Touchpoint("back", "keep", "session", "is_customer"),
        Touchpoint("advert", "see", "session", "channel = 'Display'"),
        Touchpoint("help", "keep", "event", "event_name = 'help'"),
        Touchpoint("reward", "keep", "event", "event_name = 'reward' AND is_customer"),
        Touchpoint("view", "want", "event", "event_name = 'view_item'"),
        Touchpoint("read", "see", "event", "event_name = 'read'"),
        Touchpoint("checkout", "buy", "event", "event_name = 'begin_checkout'"),
    ),
    "purchase",
)


def day(number: float) -> datetime:
    """The instant so many days after the tiny worlds begin."""
    return datetime(2021, 1, 1, tzinfo=UTC) + timedelta(days=number)


def world(*lines: str, days: float = 100, **settings: Any) -> Tables:
    """The tables of a tiny world that is watched for so many days."""
    return rebuild(events(*lines), LIFE, day(days), **settings)


def column(rows: list[Row], name: str) -> list[Any]:
    """One column."""
    return [row[name] for row in rows]


def spans(rows: list[Row]) -> list[tuple[float, float]]:
    """Starts and ends in minutes."""
    return [(minutes(row["started_at"]), minutes(row["ended_at"])) for row in rows]


def path(tables: Tables) -> str:
    """Kinds of touchpoints in order, journeys parted by a bar."""
    journeys: dict[tuple[str, int], list[str]] = {}
    for row in tables["touchpoints"]:
        journeys.setdefault((row["person_id"], row["journey_number"]), []).append(row["touchpoint"])
    return " | ".join(" ".join(kinds) for kinds in journeys.values())
