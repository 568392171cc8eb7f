"""A logarithmic axis of times, from seconds to months, whose ticks stand apart on a phone."""

from math import log10
from typing import Any

from transforms.figures.look import LIGHT
from transforms.wording import Words

TICKS = (1, 10, 60, 600, 3600, 6 * 3600, 86400, 7 * 86400, 30 * 86400, 365 * 86400)
TICK_SHARE = 0.16  # of the width: so far apart that their labels fit


def time_axis(least: float, most: float, pad: float, words: Words) -> dict[str, Any]:
    """Describe the axis from the least to the most, with as much room on either side as is asked for.

    Args:
        least: seconds.
        most: seconds.
        pad: share of the whole width, on either side.
        words: the language that is spoken.

    >>> from transforms.wording import words_in
    >>> time_axis(1.0, 600.0, 0.0, words_in("en"))["tickvals"]
    [1, 10, 60, 600]
    """
    low, high = log10(least), log10(most)
    room = max(high - low, 1.0) * pad / (1 - 2 * pad)
    ticks = _apart([tick for tick in TICKS if low - room <= log10(tick) <= high + room / 2], high - low + 2 * room)
    return {
        "type": "log",
        "range": [low - room, high + room],
        "tickvals": ticks,
        "ticktext": [words.duration(tick) for tick in ticks],
        "tickangle": 0,
        "tickfont": {"color": LIGHT["muted"], "size": 12},
        "gridcolor": LIGHT["grid"],
        "zeroline": False,
        "fixedrange": True,
    }


def _apart(ticks: list[int], width: float) -> list[int]:
    kept: list[int] = []
    for tick in ticks:
        if not kept or log10(tick / kept[-1]) >= TICK_SHARE * width:
            kept.append(tick)
    return kept
