"""The funnel in a terminal: the same figures as the page, in one table of phases."""

from typing import Any

import polars as pl
from rich import box
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.table import Column, Table
from rich.text import Text

from transforms.overall import overall, phases_in_order
from transforms.sentences import immature_note
from transforms.wording import NOTHING, Words, shortened

COUNTS = ("reached", "visited", "progressed", "dropped_off", "still_open", "stopped")
TITLE_WIDTH = 10
"""Characters that titles have at least: counts in the millions would leave them three of eighty columns."""


class Unbroken(Table):
    """A table whose lines are longer than the terminal where its first column would be cut into pieces."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Lay it out as wide as the terminal, or as its numbers need beside titles of TITLE_WIDTH."""
        titles, *numbers = map(_width, self.columns)
        needed = min(titles, TITLE_WIDTH) + sum(numbers) + len(numbers)
        return super().__rich_console__(console, options.update(max_width=max(options.max_width, needed)))


def funnel_table(
    phase_metrics: pl.DataFrame,
    lifecycle: pl.DataFrame,
    kpis: pl.DataFrame,
    quality: pl.DataFrame,
    words: Words,
    window_days: float | None = None,
) -> RenderableType:
    """Lay out what became of the journeys in each phase, and why rates are missing where they are.

    Titles come from strangers: they are written as plain text, so no markup or control sign in them acts.

    Args:
        phase_metrics: one row per phase and segment; the rows over all journeys are shown.
        lifecycle: one row per phase and touchpoint, for titles and order.
        kpis: one row per segment.
        quality: one row per figure.
        words: the language that is spoken.
        window_days: the journey window that the note names; null leaves its length out.

    Returns:
        The table, and the note under it; the note alone where no journey has been seen.
    """
    phases = phases_in_order(phase_metrics, lifecycle).to_dicts()
    totals = overall(kpis).to_dicts()
    if not phases or not totals or not totals[0]["journeys"]:
        return Text(words.say("answer_empty"))
    table = _headed(words)
    for phase in phases:
        table.add_row(*_cells(phase, words))
    if totals[0]["mature_journeys"]:
        return table
    return Group(table, Text(immature_note(quality, window_days, words)))


def _width(column: Column) -> int:
    """The longest line of a column of texts, its head among them."""
    return max(cell_len(line) for cell in (column.header, *column.cells) for line in str(cell).splitlines())


def _headed(words: Words) -> Table:
    table = Unbroken(box=box.SIMPLE_HEAD, padding=0, pad_edge=False, show_edge=False, header_style="bold")
    table.add_column(words.say("head_phase"), overflow="fold")
    for name in (*COUNTS, "rate_short", "km_short"):
        table.add_column(words.say(f"head_{name}").replace(" ", "\n"), justify="right", no_wrap=True)
    return table


def _cells(phase: dict[str, Any], words: Words) -> list[Text]:
    cells = [
        *(words.count(phase[count]) for count in COUNTS),
        _rate(phase, words),
        words.duration(phase["km_median_dwell_seconds"]),
    ]
    return [Text(shortened(phase["title"])), *(Text(cell, no_wrap=True) for cell in cells)]


def _rate(phase: dict[str, Any], words: Words) -> str:
    """Two lines, so that the table fits eighty columns."""
    if phase["drop_off_rate"] is None:
        return NOTHING
    interval = words.interval(phase["drop_off_low"], phase["drop_off_high"])
    return f"{words.share(phase['drop_off_rate'])}\n{interval}"
