"""Natural keys for tables that have hashed ones, so that they can be laid beside the reference."""

from collections.abc import Iterable, Mapping
from typing import Any

from tests.reference.values import Row

JOURNEY = ("person_id", "journey_number")
KEYS: dict[str, tuple[str, ...]] = {
    "sessions": ("device_id", "device_session_number"),
    "touchpoints": (*JOURNEY, "position"),
    "stays": (*JOURNEY, "stay_number"),
    "journeys": JOURNEY,
    "phase_metrics": ("dimension", "segment", "phase"),
    "transitions": ("part", "level", "dimension", "segment", "from_state", "to_state"),
    "states": ("dimension", "segment", "level", "state"),
    "levers": ("dimension", "segment", "level", "state"),
    "touchpoints_before_purchase": ("dimension", "segment", "touchpoint_count"),
    "repurchase_curves": ("dimension", "segment", "kind", "seconds"),
    "journey_segments": (*JOURNEY, "dimension", "segment"),
    "touchpoint_metrics": ("dimension", "segment", "touchpoint"),
    "leaks": ("dimension", "segment", "phase", "touchpoint"),
    "journey_map": ("dimension", "segment", "phase", "aspect", "rank"),
    "comparisons": ("dimension", "segment", "figure", "phase"),
    "sentiment": ("dimension", "segment", "level", "state", "scale"),
    "dwell_curves": ("dimension", "segment", "phase", "seconds"),
    "contacts_by": ("phase", "dimension", "value"),
    "handovers": ("dimension", "first", "buying"),
    "kpis": ("dimension", "segment"),
    "persons": ("person_id",),
    "unmatched": ("event_name", "page_path"),
    "currencies": ("currency",),
}


def with_natural_keys(tables: Mapping[str, Iterable[Mapping[str, Any]]]) -> dict[str, list[Row]]:
    """Put the reference's keys into the product's sessions, touchpoints, stays and journeys.

    A session of a journey that is not listed keeps a null journey_number: the product numbers such journeys
    but shows the number nowhere.
    """
    numbers = {row["journey_id"]: {name: row[name] for name in JOURNEY} for row in tables["journeys"]}
    sessions = {
        row["session_id"]: {
            "device_id": row["device_id"],
            "device_session_number": row["device_session_number"],
            "session_started_at": row["started_at"],
        }
        for row in tables["sessions"]
    }
    unlisted = {"journey_number": None}
    return {
        "sessions": [{**row, **numbers.get(row["journey_id"], unlisted)} for row in tables["sessions"]],
        "touchpoints": [
            {**row, **numbers[row["journey_id"]], **sessions[row["session_id"]]} for row in tables["touchpoints"]
        ],
        "stays": [{**row, **numbers[row["journey_id"]]} for row in tables["stays"]],
        "journeys": [dict(row) for row in tables["journeys"]],
        "journey_segments": [{**row, **numbers[row["journey_id"]]} for row in tables["journey_segments"]],
    }
