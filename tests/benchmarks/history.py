"""What was measured before: a line of JSON for each size and day, committed, so that a change shows its effect."""

import json
import os
import platform
import subprocess
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests.benchmarks.measuring import PROJECT, Cost

HISTORY = Path(__file__).with_name("history.jsonl")


@dataclass(frozen=True)
class Entry:
    """The medians of one benchmark of one size.

    Args:
        date: day on which it ended, UTC.
        commit: of the project; with -dirty where files differed from it.
        machine: kind of processor and number of cores.
        millions: events that were asked for.
        rows: rows of the exports.
        rounds: how many the medians are of.
        medians: of each contender.
        parts: of Sojourn's parts.
        failed: why a contender has no figures.
        generated_seconds: what it took to generate the exports; none where they were there.
    """

    date: str
    commit: str
    machine: str
    millions: float
    rows: int
    rounds: int
    medians: dict[str, Cost]
    parts: dict[str, Cost]
    failed: dict[str, str]
    generated_seconds: float


def today() -> str:
    """The day, as the history writes it."""
    return datetime.now(UTC).date().isoformat()


def commit() -> str:
    """The commit of the project, and whether files differ from it."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=10"]
    found = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    return found.stdout.strip() or "unknown"


def machine() -> str:
    """The kind of processor and the number of cores that may be used."""
    return f"{platform.machine()}, {len(os.sched_getaffinity(0))} cores"


def read_history(file: Path = HISTORY) -> list[Entry]:
    """Read all entries, oldest first."""
    lines = file.read_text("utf-8").splitlines() if file.exists() else []
    return [_entry(json.loads(line)) for line in lines]


def _entry(row: dict[str, object]) -> Entry:
    costs = {kind: {name: Cost(**cost) for name, cost in row[kind].items()} for kind in ("medians", "parts")}
    return Entry(**{**row, **costs})


def append(entry: Entry, file: Path = HISTORY) -> None:
    """Add an entry."""
    with file.open("a", encoding="utf-8") as out:
        out.write(json.dumps(_rounded(asdict(entry))) + "\n")


def _rounded(value: object) -> object:
    if isinstance(value, dict):
        return {name: _rounded(one) for name, one in value.items()}
    return round(value, 3) if isinstance(value, float) else value


def last_before(entries: list[Entry], millions: float) -> Entry | None:
    """The latest entry of a size."""
    return next((entry for entry in reversed(entries) if entry.millions == millions), None)
