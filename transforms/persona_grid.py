"""The grid of personas and touchpoints as it is drawn: who meets what."""

from dataclasses import dataclass
from itertools import groupby

import polars as pl

from models.tables import NOBODY, PERSONA
from transforms.segments import segment_title
from transforms.wording import NOTHING, Words, shortened

EVERYBODY = "all"


@dataclass(frozen=True)
class GridRow:
    """A touchpoint of the grid, and for each column the share of journeys that have it, as number and as text."""

    title: str
    shares: tuple[tuple[float, str], ...]


@dataclass(frozen=True)
class Grid:
    """The grid: who stands over its columns, and under each phase the rows of its touchpoints, commonest first."""

    columns: tuple[str, ...]
    phases: tuple[tuple[str, tuple[GridRow, ...]], ...]


def persona_grid(touchpoint_metrics: pl.DataFrame, lifecycle: pl.DataFrame, words: Words) -> Grid | None:
    """Lay out how large a share of all journeys, and of each persona's, has each touchpoint; null without personas.

    Args:
        touchpoint_metrics: one row per touchpoint and segment.
        lifecycle: one row per phase and touchpoint, for titles and order.
        words: the language that is spoken.
    """
    told = touchpoint_metrics.filter(pl.col("dimension").is_in([EVERYBODY, PERSONA]))
    segments = set(told["segment"]) - {EVERYBODY}
    if not segments:
        return None
    columns = [EVERYBODY, *sorted(segments - {NOBODY}), *(segments & {NOBODY})]
    found = {(segment, key): share for segment, key, share in told.select("segment", "touchpoint", "share").iter_rows()}
    by_share = told.filter(pl.col("segment") == EVERYBODY).select("touchpoint", "share")
    points = lifecycle.join(by_share, on="touchpoint").sort("phase_index", -pl.col("share"), "touchpoint").to_dicts()
    phases = groupby(points, key=lambda point: shortened(point["phase_title"]))
    return Grid(
        (
            words.say("map_all"),
            *(segment_title(PERSONA, column, words) for column in columns[1:]),
        ),
        tuple(
            (shortened(phase), tuple(_row(point, columns, found, words) for point in of_phase))
            for phase, of_phase in phases
        ),
    )


def _row(point: dict[str, str], columns: list[str], found: dict[tuple[str, str], float], words: Words) -> GridRow:
    shares = (found.get((column, point["touchpoint"]), 0.0) for column in columns)
    title = shortened(point["touchpoint_title"] or point["touchpoint"], 40)
    return GridRow(title, tuple((share, words.share(share) if share else NOTHING) for share in shares))
