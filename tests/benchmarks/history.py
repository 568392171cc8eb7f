"""What was measured before: a line of JSON for each size and version, committed, so that a change shows its effect."""

import hashlib
import json
import os
import platform
import subprocess
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests.benchmarks.measuring import PROJECT, Cost

HISTORY = Path(__file__).with_name("history.jsonl")
MEASURED = ("models", "transforms", "pipelines", "tests/benchmarks", "pyproject.toml", "uv.lock")
"""Files that decide what is measured: the project, and the benchmark without its history."""


@dataclass(frozen=True)
class Entry:
    """The medians of one benchmark of one size.

    Args:
        date: day on which it ended, UTC.
        commit: of the project; with a digest of its files where they differed from it.
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


def version() -> str:
    """The commit of the project; where files that decide what is measured differ from it, a digest of these as well."""
    commit = _git("rev-parse", "--short=10", "HEAD").strip() or "unknown"
    paths = (*MEASURED, f":!{HISTORY.relative_to(PROJECT)}")
    if not _git("status", "--porcelain", "--", *paths):
        return commit
    names = _git("ls-files", "--cached", "--others", "--exclude-standard", "--", *paths).splitlines()
    files = [PROJECT / name for name in sorted(set(names))]
    content = b"\0".join(file.read_bytes() for file in files if file.exists())
    return f"{commit}-{hashlib.sha256(content).hexdigest()[:8]}"


def _git(*words: str) -> str:
    found = subprocess.run(["git", *words], cwd=PROJECT, capture_output=True, text=True, check=False)
    return found.stdout


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


def record(entry: Entry, file: Path = HISTORY) -> None:
    """Add an entry, in place of one of the same size that was made of the same version on such a machine."""
    kept = [one for one in read_history(file) if _place(one) != _place(entry)]
    lines = [json.dumps(_rounded(asdict(one))) for one in (*kept, entry)]
    file.write_text("\n".join([*lines, ""]), "utf-8")


def _place(entry: Entry) -> tuple[float, str, str]:
    return entry.millions, entry.commit, entry.machine


def _rounded(value: object) -> object:
    if isinstance(value, dict):
        return {name: _rounded(one) for name, one in value.items()}
    return round(value, 3) if isinstance(value, float) else value


def last_before(entries: list[Entry], entry: Entry) -> Entry | None:
    """The latest entry of the same size and such a machine that was made of another version."""
    others = (one for one in reversed(entries) if one.commit != entry.commit)
    return next((one for one in others if (one.millions, one.machine) == (entry.millions, entry.machine)), None)
