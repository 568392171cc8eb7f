"""Histories written inline, for tests: `rebuilt("ana: page_view@0 purchase@45[tid=T1,revenue=9]")`.

The language is that of tests/reference/worlds.py: a line is a device; a time is minutes since START, or a number with
s, m, h or d; names in brackets are columns (user, page, tid, ga, device, click and engaged for short), else params.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

import polars as pl

from models.lifecycle import Lifecycle, Phase, Touchpoint
from models.tables import EVENTS
from tests.reference.worlds import events as read_events
from transforms.events import in_event_order
from transforms.histories import Histories, rebuild_histories
from transforms.identity import identify
from transforms.rules import Rules

START = datetime(2021, 1, 1)
TYPES = {"BIGINT": pl.Int64(), "VARCHAR": pl.String(), "TIMESTAMP": pl.Datetime("us"), "DATE": pl.Date()}
TYPES |= {"DOUBLE": pl.Float64(), "INTEGER": pl.Int64()}
SCHEMA = {column.name: TYPES[column.type] for column in EVENTS.columns if column.type in TYPES}
SHOP = Lifecycle(
    "shop",
    "purchase",
    (Phase("see", "before"), Phase("want", "before"), Phase("buy", "during"), Phase("keep", "after")),
    (
        Touchpoint("gift", "want", "event", "event_name = 'purchase' AND param_gift = 'yes'"),
        Touchpoint("purchase", "buy", "event", "event_name = 'purchase'"),
        Touchpoint("back", "keep", "session", "is_customer"),
        Touchpoint("advert", "see", "session", "channel = 'Display'"),
        Touchpoint("help", "keep", "event", "event_name = 'help'"),
        Touchpoint("reward", "keep", "event", "event_name = 'reward' AND is_customer"),
        Touchpoint("landing", "see", "event", "is_landing"),
        Touchpoint("view", "want", "event", "event_name = 'view_item'"),
        Touchpoint("read", "see", "event", "event_name = 'read'"),
        Touchpoint("checkout", "buy", "event", "event_name = 'begin_checkout'"),
    ),
)


def events(*lines: str, identity: Literal["stitched", "device"] = "stitched") -> pl.DataFrame:
    """The events of devices as the transforms take them, in person, device and event order."""
    rows = [to_row(number, event) for number, event in enumerate(read_events(*lines))]
    params = {name: pl.String() for row in rows for name in row if name.startswith("param_")} | {
        "param_gift": pl.String()
    }
    frame = pl.DataFrame(rows, SCHEMA | params)
    logins = frame.filter(pl.col("user_id").str.strip_chars() != "")
    people = identify(frame.select("device_id").unique(), logins, identity)
    return in_event_order(frame.drop("person_id", "session_id").join(people, on="device_id"))


def to_row(number: int, event: dict[str, Any]) -> dict[str, Any]:
    """An event of the language as a row of `events`; content is the order in which events are written."""
    params = {f"param_{key}": value for key, value in event["params"].items()}
    batch = {
        name: event[name] and int(event[name]) for name in ("batch_page_id", "batch_ordering_id", "batch_event_index")
    }
    known = {name: value for name, value in event.items() if name in SCHEMA}
    return known | params | batch | {"event_id": number, "content_rank": number, "occurred_at": at_micros(event["at"])}


def at_micros(micros: int) -> datetime:
    """An instant by its microseconds since 1970."""
    return datetime(1970, 1, 1) + timedelta(microseconds=micros)


def rules(days: float = 100, lifecycle: Lifecycle = SHOP, **choices: Any) -> Rules:
    """Rules of a world that is watched for so many days."""
    return Rules(lifecycle, START + timedelta(days=days), **choices)


def rebuilt(*lines: str, identity: Literal["stitched", "device"] = "stitched", **choices: Any) -> Histories:
    """What becomes of a tiny world."""
    return rebuild_histories(events(*lines, identity=identity), rules(**choices))


def column(frame: pl.DataFrame, name: str) -> list[Any]:
    """One column."""
    return frame[name].to_list()


def minutes(instants: Sequence[datetime]) -> list[float]:
    """Instants as minutes since START."""
    return [(instant - START) / timedelta(minutes=1) for instant in instants]


def spans(histories: Histories) -> list[tuple[float, float]]:
    """Starts and ends of sessions in minutes, in the order of person and start."""
    sessions = histories.sessions
    return list(zip(minutes(column(sessions, "started_at")), minutes(column(sessions, "ended_at")), strict=True))


def path(histories: Histories) -> str:
    """Kinds of touchpoints in order, journeys parted by a bar."""
    kinds = histories.touchpoints.group_by("journey_id", maintain_order=True).agg("touchpoint")["touchpoint"].to_list()
    return " | ".join(" ".join(journey) for journey in kinds)
