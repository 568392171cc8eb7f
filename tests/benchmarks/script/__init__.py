"""The peer: the same tables from the same nested Parquet, in SQL that an analyst writes by hand.

All days at once, window functions over all events, no files of days that came before, no checks, no page. The rules of
the lifecycle and the lists of sites are put in as they stand in the project; everything else is written anew.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

import duckdb

from models.channels import KINDS, read_sites, site_pattern
from models.ga4 import AUTOMATIC_EVENTS, EXPORT_COLUMNS
from models.lifecycle import Lifecycle, Touchpoint, load_lifecycle

SCRIPTS = ("events", "sessions", "journeys", "marts")
TABLES = (
    "events",
    "items",
    "quarantine",
    "devices",
    "sessions",
    "touchpoints",
    "stays",
    "journeys",
    "persons",
    "journey_segments",
    "phase_metrics",
    "transitions",
    "touchpoints_before_purchase",
    "kpis",
    "unmatched",
)
TIMEZONE = "Europe/Copenhagen"


def read_scripts(files: Sequence[Path]) -> list[str]:
    """The statements of the whole script, in order, for these files."""
    filled = _filled(files, load_lifecycle("six-phases"))
    folder = Path(__file__).parent
    texts = (folder.joinpath(f"{name}.sql").read_text("utf-8") for name in SCRIPTS)
    return [str(statement.query) for text in texts for statement in duckdb.extract_statements(_fill(text, filled))]


def _fill(text: str, filled: dict[str, str]) -> str:
    for name, words in filled.items():
        text = text.replace(f"{{{name}}}", words)
    return text


def _filled(files: Sequence[Path], lifecycle: Lifecycle) -> dict[str, str]:
    stages = {phase.key: (number, phase.stage) for number, phase in enumerate(lifecycle.phases, start=1)}
    places = [(point.key, point.phase, *stages[point.phase]) for point in lifecycle.touchpoints]
    events = lifecycle.rules_of("event")
    sites = read_sites({})
    return {
        "files": str([str(file) for file in files]),
        "columns": ", ".join(EXPORT_COLUMNS),
        "timezone": TIMEZONE,
        "automatic": ", ".join(map(repr, AUTOMATIC_EVENTS)),
        "confirming": ", ".join(repr(point.key) for point in events if point.confirms),
        "conversion": next(point.when for point in events if point.key == lifecycle.conversion),
        "event_rules": _case(events),
        "session_rules": _case(lifecycle.rules_of("session")),
        "touchpoints": ", ".join(map(str, places)),
        **{kind: site_pattern(getattr(sites, kind)).replace("'", "''") for kind in KINDS},
    }


def _case(rules: Iterable[Touchpoint]) -> str:
    return f"CASE {' '.join(f'WHEN {rule.when} THEN {rule.key!r}' for rule in rules)} END"
