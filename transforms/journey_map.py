"""The journey map as it is drawn: phases as columns, what is told of them as rows."""

from dataclasses import dataclass
from itertools import groupby
from typing import Any

import polars as pl

from transforms.overall import phase_titles, touchpoint_titles
from transforms.segments import segment_title
from transforms.wording import Words, shortened

ASPECTS = ("contacts", "flow", "time", "feelings", "channels", "levers", "owners", "gaps")
PARTS = ("progressed", "stopped", "still_open", "dropped_off")
OWNERS = 3
Row = dict[str, Any]


@dataclass(frozen=True)
class Line:
    """A line of a cell: its words, a figure beside them, the share that a bar under them shows, and its colour."""

    words: str
    figure: str = ""
    share: float | None = None
    part: str = ""


@dataclass(frozen=True)
class Cell:
    """A cell of the map: its lines, and the parts of a bar over them, as shares of the whole."""

    lines: tuple[Line, ...]
    parts: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class JourneyMap:
    """A map: whose it is, its phases, and its rows, each a title and a cell per phase."""

    title: str
    phases: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]


def journey_maps(journey_map: pl.DataFrame, lifecycle: pl.DataFrame, words: Words) -> list[JourneyMap]:
    """Lay out the map of all journeys and that of each persona; none where no journey has been seen.

    Args:
        journey_map: one row per thing told in a cell.
        lifecycle: one row per phase and touchpoint, for titles and order.
        words: the language that is spoken.
    """
    titles = phase_titles(lifecycle)
    names = touchpoint_titles(lifecycle)
    told = journey_map.sort("dimension", "segment", "phase_index", "aspect", "rank").to_dicts()
    whose = groupby(told, key=lambda row: (row["dimension"], row["segment"]))
    return [_map(segment, dimension, list(rows), titles, names, words) for (dimension, segment), rows in whose]


def _map(
    segment: str, dimension: str, told: list[Row], titles: dict[str, str], names: dict[str, str], words: Words
) -> JourneyMap:
    cells: dict[tuple[str, str], list[Row]] = {}
    for row in told:
        cells.setdefault((row["aspect"], row["phase"]), []).append(row)
    rows = (
        (
            words.say(f"map_{aspect}"),
            tuple(_cell(aspect, cells.get((aspect, phase), []), names, words) for phase in titles),
        )
        for aspect in ASPECTS
        if any(cells.get((aspect, phase)) for phase in titles)
    )
    title = words.say("map_all") if dimension == "all" else segment_title(dimension, segment, words)
    return JourneyMap(title, tuple(map(shortened, titles.values())), tuple(rows))


def _cell(aspect: str, rows: list[Row], names: dict[str, str], words: Words) -> Cell:
    if not rows:
        return Cell(())
    if aspect == "flow":
        return _flow({row["item"]: row["value"] for row in rows}, words)
    lines = tuple(LINES[aspect](row, names, words) for row in rows[: OWNERS if aspect == "owners" else None])
    more = len(rows) - OWNERS if aspect == "owners" else 0
    return Cell((*lines, Line(words.say("map_more", n=words.count(more)))) if more > 0 else lines)


def _flow(figures: dict[str, float | None], words: Words) -> Cell:
    reached = figures["reached"] or 0
    lines = [Line(words.say("map_reached"), words.count(reached))]
    lines += [
        Line(words.say(f"map_{part}"), words.count(figures[part] or 0), part=part) for part in PARTS if figures[part]
    ]
    if figures["drop_off_rate"] is not None:
        lines.append(Line(words.say("map_rate"), words.share(figures["drop_off_rate"])))
    return Cell(tuple(lines), tuple((part, (figures[part] or 0) / reached) for part in PARTS if reached))


def _named(row: Row, names: dict[str, str], words: Words) -> Line:
    return Line(shortened(names[row["item"]], 40), words.share(row["value"]), row["value"])


def _time(row: Row, names: dict[str, str], words: Words) -> Line:
    written = words.duration(row["value"])
    return Line(words.say(f"map_{row['item']}" if row["value"] is not None else "map_no_km"), written)


def _feeling(row: Row, names: dict[str, str], words: Words) -> Line:
    value = row["value"] * 100 if row["item"] == "nps" else round(row["value"], 1)
    return Line(words.say(f"map_{row['item']}"), words.count(round(value) if row["item"] == "nps" else value))


def _channel(row: Row, names: dict[str, str], words: Words) -> Line:
    channel = words.say("map_other") if row["item"] == "(other)" else shortened(row["item"], 40)
    return Line(channel, words.share(row["value"]), row["value"])


def _lever(row: Row, names: dict[str, str], words: Words) -> Line:
    lost = words.say("map_lost", n=words.count(row["journeys"]))
    extra = words.say("map_extra", row["value"], n=words.estimate(row["value"]))
    money = "" if row["revenue"] is None else words.about(row["revenue"])
    return Line(shortened(names[row["item"]], 40), " · ".join(filter(None, (lost, extra, money))))


def _owner(row: Row, names: dict[str, str], words: Words) -> Line:
    return Line(shortened(words.named("owner", row["item"]), 40), words.share(row["value"]))


def _gap(row: Row, names: dict[str, str], words: Words) -> Line:
    segment = segment_title(row["item_dimension"], row["item"], words)
    lost, points = words.counted("journeys", round(row["journeys"])), round(row["value"] * 100)
    return Line(words.say("map_gap", points, segment=segment, points=words.count(points), journeys=lost))


LINES = {
    "contacts": _named,
    "time": _time,
    "feelings": _feeling,
    "channels": _channel,
    "levers": _lever,
    "owners": _owner,
    "gaps": _gap,
}
