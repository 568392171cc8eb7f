"""Days that came again and stay as they were loaded, as they are put down in the file."""

import json
from collections.abc import Mapping
from datetime import date
from enum import Enum

import duckdb

from models.periods import day_ranges
from pipelines.memory import HELD, recall


class Held(Enum):
    """Why a day that came again stays as it was loaded: what such days are, in words."""

    IN_PART = "of which some files are gone"
    SHRUNKEN = "that came again with less than half of their rows"
    BROKEN = "that came again with a file that cannot be read"


def held_days(connection: duckdb.DuckDBPyConnection) -> dict[date, Held]:
    """The days that stay as they were loaded though they came again, and why; of the build file or a published one."""
    found = json.loads(recall(connection, HELD) or "{}")
    return {date.fromisoformat(day): Held[why] for day, why in found.items()}


def in_words(held: Mapping[date, Held]) -> str:
    """What is held back, and why."""
    by_why = {why: sorted(day for day in held if held[day] is why) for why in Held}
    return "; ".join(f"{day_ranges(days)}: days {why.value}" for why, days in by_why.items() if days)
