"""Where most is to be won, in plain sentences: the one ranking that the whole page follows."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from transforms.overall import overall
from transforms.wording import Words

Row = Mapping[str, Any]


def first_lever(levers: pl.DataFrame, titles: Mapping[str, str]) -> dict[str, Any] | None:
    """Find the phase at which most is won if a tenth fewer end there; of equals the one where most do.

    Args:
        levers: one row per state, level and segment.
        titles: of phases, in the order of the lifecycle.

    Returns:
        The row, with `title`; null where no mature journey has ended.

    >>> row = {"dimension": "all", "level": "phase", "left_here": 9}
    >>> rows = [row | {"state": "a", "extra_purchases": 1.5}, row | {"state": "b", "extra_purchases": 2.5}]
    >>> first_lever(pl.DataFrame(rows), {"a": "A", "b": "B"})["title"]
    'B'
    """
    order = {phase: place for place, phase in enumerate(titles)}
    rows = overall(levers).filter(pl.col("level") == "phase", pl.col("left_here") > 0).to_dicts()
    if not rows:
        return None
    first = min(rows, key=lambda row: (-row["extra_purchases"], -row["left_here"], order[row["state"]]))
    return {**first, "title": titles[first["state"]]}


def lever_sentence(levers: pl.DataFrame, titles: Mapping[str, str], words: Words) -> str:
    """Say where most is to be won, how many purchases and how much money; nothing where no mature journey has ended.

    Args:
        levers: one row per state, level and segment.
        titles: of phases, in the order of the lifecycle.
        words: the language that is spoken.
    """
    first = first_lever(levers, titles)
    if first is None:
        return ""
    told = {"phase": first["title"], "left": words.counted("journeys", first["left_here"])}
    extra, worth = first["extra_purchases"], first["extra_revenue"]
    if not extra:
        return words.say("levers_left", **told)
    interval = words.estimates(first["low"], first["high"])
    won = words.say("levers_sentence", extra, **told, n=words.estimate(extra), interval=interval)
    return won if worth is None else f"{won} {words.say('levers_worth', money=words.about(worth))}"


def levers_sentence(levers: pl.DataFrame, titles: Mapping[str, str], words: Words) -> str:
    """Say where most is to be won, and that places are not added up; why nothing can be told where it cannot.

    Args:
        levers: one row per state, level and segment.
        titles: of phases, in the order of the lifecycle.
        words: the language that is spoken.
    """
    won = lever_sentence(levers, titles, words)
    return f"{won} {words.say('levers_alone')}" if won else words.say("levers_empty")
