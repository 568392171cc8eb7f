"""The table behind each figure: the rows that its query gave, written for reading and for screen readers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from transforms.marks import mark
from transforms.segments import segment_title
from transforms.wording import NOTHING, Words, shortened

Row = Mapping[str, Any]
Titles = Mapping[str, str]
Side = tuple[str, Sequence[Any]]
PATH_SIGNS = 80

COLUMNS: dict[str, tuple[str, ...]] = {
    "funnel": (
        "phase",
        "reached",
        "visited",
        "progressed",
        "stopped",
        "still_open",
        "dropped_off",
        "open_share",
        "drop_off_rate",
    ),
    "dwell": (
        "phase",
        "stays",
        "completed_stays",
        "km_median_dwell_seconds",
        "median_dwell_seconds",
        "p90_dwell_seconds",
    ),
    "touchpoints": ("touchpoint_count", "purchases", "share", "cumulative_share"),
    "sankey": ("from_state", "to_state", "transition_count", "probability", "median_seconds"),
    "contacts": ("from_state", "to_state", "transition_count", "probability"),
    "segments": (
        "segment",
        "journeys",
        "journey_share",
        "converted",
        "converted_share",
        "revenue_share",
        "conversion_rate",
        "is_significant",
    ),
    "channels": ("channel", "phase", "reached", "drop_off_rate", "is_significant"),
    "handovers": (
        "device_category",
        "sessions",
        "session_share",
        "purchases",
        "purchase_share",
        "begun_elsewhere",
    ),
    "contacts_by": ("channel", "contacts", "share", "contacts_as_first"),
    "levers": ("state", "phase", "left_here", "extra_purchases", "extra_revenue"),
    "pages": ("page_path", "sessions", "exits", "exit_rate", "lost_exits", "lost_rate"),
    "changes": ("figure", "value_now", "value_before", "change"),
    "cohorts": ("first_day", "last_day", "journeys", "decided", "converted", "conversion_rate"),
    "days": ("day", "sessions_started", "conversions", "revenue", "is_provisional"),
    "restated": ("day", "figure", "value_before", "value_now"),
    "quality": ("name", "value"),
}
"""What a table shows of its rows, column by column; their heads are the texts `head_<column>`."""
MONEY = ("extra_revenue", "revenue")
"""The columns that hold money."""
MONEY_FIGURES = ("revenue", "refund")
"""What stands in the names of figures that are money."""
INTERVALS = {
    "drop_off_rate": ("drop_off_low", "drop_off_high"),
    "conversion_rate": ("conversion_low", "conversion_high"),
    "lost_rate": ("lost_low", "lost_high"),
    "surviving_share": ("surviving_low", "surviving_high"),
}


@dataclass(frozen=True)
class Cell:
    """A cell: how it is written, and the number behind it where there is one."""

    text: str
    value: float | None = None


@dataclass(frozen=True)
class View:
    """A table as text: its headers, and rows whose first cells are their headers."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


def view_of(question: str, frame: pl.DataFrame, titles: Titles, words: Words) -> View:
    """Write the rows of a question as its table shows them.

    Args:
        question: name of the query.
        frame: what came of it.
        titles: of phases, touchpoints and ends.
        words: the language that is spoken.
    """
    columns = COLUMNS[question]
    heads = tuple(_head(column, words) for column in columns)
    rows = (tuple(_cell(column, row, titles, words) for column in columns) for row in frame.to_dicts())
    return View(heads, tuple(rows))


def crossed(frame: pl.DataFrame, across: Side, down: Side, titles: Titles, words: Words) -> View:
    """Write rows as a table of two sides: what is told of each pair stands where they meet.

    Args:
        frame: one row per pair.
        across: column whose values stand over the columns, and these in order; times in seconds or states.
        down: column whose values stand before the rows, and these in order.
        titles: of phases, touchpoints and ends.
        words: the language that is spoken.
    """
    figure = "surviving_share" if "surviving_share" in frame.columns else "probability"
    found = {(row[down[0]], row[across[0]]): _cell(figure, row, titles, words) for row in frame.to_dicts()}
    heads = [_cell(across[0], {across[0]: value}, titles, words).text for value in across[1]]
    rows = (
        (
            _cell(down[0], {down[0]: one}, titles, words),
            *(found.get((one, other), Cell(NOTHING)) for other in across[1]),
        )
        for one in down[1]
    )
    return View((words.say(f"head_{down[0]}"), *heads), tuple(rows))


def _head(column: str, words: Words) -> str:
    """What stands over a column; over one of money its currency too."""
    head = words.say(f"head_{column}")
    return f"{head} ({words.currency})" if column in MONEY and words.currency else head


def _cell(column: str, row: Row, titles: Titles, words: Words) -> Cell:
    value = row[column]
    if column in TEXTS:
        return Cell(TEXTS[column](row, titles, words))
    if column == "extra_purchases":
        return Cell(f"{words.estimate(value)} ({words.estimates(row['low'], row['high'])})", value)
    if column in INTERVALS:
        low, high = (row[end] for end in INTERVALS[column])
        return Cell(words.rate(value, low, high), value)
    if value is None:
        return Cell(NOTHING)
    return Cell(_number(column, row, words), float(value))


def _number(column: str, row: Row, words: Words) -> str:
    kind = row.get("name", column) if column == "value" else column
    value = row[column]
    if kind.endswith(("_share", "_rate", "_agreement")) or kind in ("share", "probability"):
        return words.share(value)
    if kind.endswith("_seconds"):
        return words.duration(value)
    if kind == "change":
        return words.change(value)
    if _is_money(row):
        return words.money(value)
    return words.count(round(value))


def _is_money(row: Row) -> bool:
    """Whether a row tells of money, in a table whose rows tell of one thing or another."""
    name = str(row.get("name", row.get("figure")))
    return any(word in name for word in MONEY_FIGURES)


def _segment(row: Row, words: Words) -> str:
    return segment_title(row["dimension"], row["segment"], words)


def _titled(column: str) -> Callable[[Row, Titles, Words], str]:
    return lambda row, titles, words: shortened(titles.get(row[column], row[column]), 40)


def _day(column: str) -> Callable[[Row, Titles, Words], str]:
    return lambda row, titles, words: words.day(row[column])


def _named(kind: str, column: str) -> Callable[[Row, Titles, Words], str]:
    return lambda row, titles, words: words.say(f"{kind}_{row[column]}")


TEXTS: dict[str, Callable[[Row, Titles, Words], str]] = {
    "phase": _titled("phase"),
    "state": _titled("state"),
    "from_state": _titled("from_state"),
    "to_state": _titled("to_state"),
    "channel": lambda row, titles, words: shortened(row["channel"], 40),
    "device_category": lambda row, titles, words: segment_title("device_category", row["device_category"], words),
    "page_path": lambda row, titles, words: shortened(row["page_path"] or NOTHING, PATH_SIGNS),
    "segment": lambda row, titles, words: f"{words.say('dimension_' + row['dimension'])}: {_segment(row, words)}",
    "is_significant": lambda row, titles, words: mark(row).strip() or NOTHING,
    "is_provisional": lambda row, titles, words: words.say("days_may_change") if row["is_provisional"] else NOTHING,
    "day": _day("day"),
    "first_day": _day("first_day"),
    "last_day": _day("last_day"),
    "figure": _named("figure", "figure"),
    "name": _named("quality", "name"),
}
