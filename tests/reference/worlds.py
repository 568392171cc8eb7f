"""Tiny worlds written inline, and the few words that a lifecycle needs."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from tests.reference.values import Row

DAY_ONE = date(2021, 1, 1)
START = 1_609_459_200_000_000  # 2021-01-01T00:00:00Z, in microseconds
UNITS = {"": 60, "s": 1, "m": 60, "h": 3600, "d": 86_400}
EMPTY = dict.fromkeys(
    [
        "user_id",
        "stream_id",
        "batch_page_id",
        "batch_ordering_id",
        "batch_event_index",
        "ga_session_id",
        "ga_session_number",
        "page_location",
        "page_path",
        "page_title",
        "page_referrer",
        "search_term",
        "hostname",
        "source",
        "medium",
        "campaign",
        "click_id",
        "default_channel_group",
        "device_category",
        "operating_system",
        "browser",
        "language",
        "country",
        "city",
        "platform",
        "transaction_id",
        "revenue",
        "refund",
        "refund_as_exported",
        "currency",
        "item_count",
        "engagement_seconds",
        "score",
    ]
)
SHORT = {"user": "user_id", "page": "page_location", "tid": "transaction_id", "ga": "ga_session_id"}
SHORT |= {
    "number": "ga_session_number",
    "device": "device_category",
    "click": "click_id",
    "engaged": "engagement_seconds",
}
NUMBERS = {
    "ga_session_id": int,
    "ga_session_number": int,
    "engagement_seconds": float,
    "revenue": float,
    "refund": float,
    "refund_as_exported": float,
    "score": float,
}


@dataclass(frozen=True)
class Phase:
    """A phase and its stage: before, during or after."""

    key: str
    stage: str


@dataclass(frozen=True)
class Touchpoint:
    """A rule that recognises a contact, and who owns it."""

    key: str
    phase: str
    scope: str
    when: str
    owner: str | None = None


@dataclass(frozen=True)
class Lifecycle:
    """Ordered phases, ordered rules, and the key of the conversion."""

    phases: tuple[Phase, ...]
    touchpoints: tuple[Touchpoint, ...]
    conversion: str


def events(*lines: str) -> list[Row]:
    """Events of devices, such as `ana: page_view@0 purchase@45[tid=T1,revenue=9.5]`.

    A time is minutes since the first day's midnight, or a number with s, m, h or d; a leading + counts from
    the event before. Names in brackets are columns of `events` (short forms in SHORT), any other is a param.
    """
    found: list[Row] = []
    for line in lines:
        device, _, rest = line.partition(":")
        at = 0
        for name, plus, number, unit, extras in re.findall(r"(\w+)@(\+?)([\d.]+)([smhd]?)(?:\[(.*?)\])?", rest):
            moved = round(float(number) * UNITS[unit] * 1_000_000)
            at = at + moved if plus else moved
            found.append(event(device.strip(), name, START + at, extras, len(found)))
    return found


def event(device: str, name: str, at: int, extras: str, number: int) -> Row:
    """One event of a tiny world."""
    row: dict[str, Any] = dict(EMPTY) | {
        "device_id": device or None,
        "event_name": name,
        "at": at,
        "params": {},
    }
    row |= {"content": f"{number:06}", "source_file": "world", "export_day": DAY_ONE}
    row["event_date"] = DAY_ONE + timedelta(microseconds=at - START)
    for pair in filter(None, extras.split(",")):
        key, _, value = pair.partition("=")
        key = SHORT.get(key, key)
        if key in EMPTY:
            row[key] = NUMBERS.get(key, str)(value)
        else:
            row["params"][key] = value
    row["refund_as_exported"] = row["refund"] if row["refund_as_exported"] is None else row["refund_as_exported"]
    return row


def minutes(at: int) -> float:
    """A time of a tiny world, in minutes since its start."""
    return (at - START) / 60_000_000
