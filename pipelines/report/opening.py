"""From a number to its people: for each row of a table the call that opens it into journeys."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from models.sql import quoted_text
from transforms.figures.links import REST
from transforms.readers import ALL


@dataclass(frozen=True)
class Opened:
    """How the rows of a question are opened.

    Args:
        mart: that they are of.
        keys: arguments of macro `drill` by column.
        fixed: arguments that are the same for all rows.
        is_of_segment: whether the rows are of the segment that the report tells of.
    """

    mart: str
    keys: Mapping[str, str]
    fixed: Mapping[str, str]
    is_of_segment: bool = True


OPENED = {
    "funnel": Opened("phase_metrics", {"phase": "phase"}, {"figure": "dropped_off"}),
    "dwell": Opened("phase_metrics", {"phase": "phase"}, {"figure": "stays"}),
    "touchpoints": Opened("touchpoints_before_purchase", {"touchpoint_count": "touchpoint_count"}, {}),
    "sankey": Opened("transitions", {"from_state": "from_state", "to_state": "to_state"}, {"level": "phase"}),
    "contacts": Opened("transitions", {"from_state": "from_state", "to_state": "to_state"}, {"level": "touchpoint"}),
    "levers": Opened("levers", {"level": "level", "state": "state"}, {}),
    "segments": Opened("kpis", {"dimension": "dimension", "segment": "segment"}, {"figure": "converted"}, False),
    "channels": Opened(
        "phase_metrics",
        {"channel": "segment", "phase": "phase"},
        {"dimension": "channel", "figure": "dropped_off"},
        False,
    ),
    "contacts_by": Opened("contacts_by", {"phase": "phase", "channel": "value"}, {"dimension": "channel"}, False),
    "pages": Opened("page_exits", {"page_path": "page_path"}, {"figure": "lost_exits"}, False),
    "days": Opened("day_figures", {"day": "day"}, {"figure": "conversions"}, False),
}


def opening_of(question: str, frame: pl.DataFrame, segment: tuple[str, str]) -> str:
    """The calls that open the rows of a table into journeys, a line each; empty where its rows are none of journeys.

    Args:
        question: name of the query.
        frame: what came of it; rows that hold the rest of others are left out.
        segment: dimension and segment that the report tells of.

    >>> frame = pl.DataFrame({"phase": ["desire", "it's"]})
    >>> print(opening_of("funnel", frame, ("all", "all")))
    FROM drill('phase_metrics', phase := 'desire', figure := 'dropped_off');
    FROM drill('phase_metrics', phase := 'it''s', figure := 'dropped_off');
    """
    opened = OPENED.get(question)
    if opened is None:
        return ""
    own = {"dimension": segment[0], "segment": segment[1]} if opened.is_of_segment and segment != ALL else {}
    return "\n".join(
        _call(opened.mart, own | {name: row[column] for column, name in opened.keys.items()} | dict(opened.fixed))
        for row in frame.to_dicts()
        if not any(row[column] == REST for column in opened.keys)
    )


def _call(mart: str, arguments: Mapping[str, Any]) -> str:
    told = ", ".join(f"{name} := {_literal(value)}" for name, value in arguments.items())
    return f"FROM drill('{mart}', {told});"


def _literal(value: Any) -> str:
    if isinstance(value, date):
        return f"DATE '{value.isoformat()}'"
    return quoted_text(value) if isinstance(value, str) else str(value)
