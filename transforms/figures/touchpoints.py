"""Touchpoints before a purchase: how many purchases took how many, and the share by at most so many."""

from dataclasses import dataclass
from math import ceil
from typing import Any

import plotly.graph_objects as go
import polars as pl

from transforms.figures.look import LIGHT, dress, note
from transforms.overall import overall
from transforms.wording import Words

TAIL_FROM_SHARE = 0.95
MOST_BARS = 30
LEVELS = [0.5, 1.0]
HEADROOM = 1.4  # over the tallest bar, for its number and the median
DIGIT_PIXELS, SIGN_PIXELS, PHONE_PIXELS = 8.5, 7, 330
WIDTHS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)


@dataclass(frozen=True)
class Bin:
    """One bar: the purchases that took from `low` to `high` touchpoints; `high` is null for the open tail."""

    low: int
    high: int | None
    journeys: int
    share: float
    cumulative_share: float

    def label(self, words: Words) -> str:
        """The bar's name: a number, a range, or `N or more`.

        >>> from transforms.wording import words_in
        >>> Bin(15, None, 3, 0.1, 1.0).label(words_in("en")), Bin(4, 4, 3, 0.1, 0.5).label(words_in("en"))
        ('15 or more', '4')
        """
        low = words.count(self.low)
        if self.high is None:
            return words.say("touchpoints_more", n=low)
        return low if self.low == self.high else f"{low}–{words.count(self.high)}"


def touchpoint_bins(touchpoints: pl.DataFrame) -> list[Bin]:
    """Group purchases into bars: one per count, wider ones where there would be too many, one for the tail.

    The tail begins behind the count by which 95 % had bought, and only where it groups at least two counts.
    Every purchase is in one bar.

    Args:
        touchpoints: one row per number of touchpoints and segment; the rows over all journeys are grouped.

    >>> rows = {"dimension": ["all"] * 2, "touchpoint_count": [1, 3], "journeys": [1, 3]}
    >>> [(bar.low, bar.journeys) for bar in touchpoint_bins(pl.DataFrame(rows))]
    [(1, 1), (2, 0), (3, 3)]
    """
    counts = dict(overall(touchpoints).select("touchpoint_count", "journeys").sort("touchpoint_count").iter_rows())
    if not counts:
        return []
    first, tail = min(counts), _tail(counts)
    width = next((width for width in WIDTHS if (tail - first) / width <= MOST_BARS), WIDTHS[-1])
    lows = range(first - first % width, tail, width)
    bounds: list[tuple[int, int | None]] = [(low, low + width - 1) for low in lows]
    if bounds[-1][1] is not None and bounds[-1][1] < max(counts):
        bounds.append((bounds[-1][1] + 1, None))
    return _filled(counts, bounds)


def _tail(counts: dict[int, int]) -> int:
    total, bought = sum(counts.values()), 0
    for count, journeys in counts.items():
        bought += journeys
        if bought >= TAIL_FROM_SHARE * total:
            return count + 1 if sum(other > count for other in counts) >= 2 else max(counts) + 1
    return max(counts) + 1


def _filled(counts: dict[int, int], bounds: list[tuple[int, int | None]]) -> list[Bin]:
    total, bought, bins = sum(counts.values()), 0, []
    for low, high in bounds:
        inside = sum(n for count, n in counts.items() if count >= low and (high is None or count <= high))
        bought += inside
        bins.append(Bin(low, high, inside, inside / total, bought / total))
    return bins


def touchpoints_figure(touchpoints: pl.DataFrame, median: float | None, words: Words) -> go.Figure:
    """Draw the purchases by touchpoints before them, the share that took at most so many, and the median.

    Two panels that share an axis rather than two scales in one.

    Args:
        touchpoints: one row per number of touchpoints and segment.
        median: of the touchpoints before a purchase, from table `kpis`.
        words: the language that is spoken.

    >>> rows = {"dimension": ["all"] * 2, "touchpoint_count": [1, 3], "journeys": [1, 3]}
    >>> from transforms.wording import words_in
    >>> touchpoints_figure(pl.DataFrame(rows), 3.0, words_in("en")).data[0].y
    (1, 0, 3)
    """
    bins = touchpoint_bins(touchpoints)
    return dress(
        go.Figure([_bars(bins, words), _cumulative(bins, words)]),
        height=440,
        bargap=0.18,
        margin={"l": 2, "r": 12, "t": 4, "b": 4},
        showlegend=False,
        xaxis=_axis(bins, words),
        yaxis=_panel([0.42, 0.95], [0, HEADROOM * max((bar.journeys for bar in bins), default=1)], visible=False),
        yaxis2=_panel([0, 0.27], [-0.04, 1.3], tickvals=LEVELS, showticklabels=False),
        shapes=[] if median is None or not bins else [_median_line(bins, median)],
        annotations=_headings(bins, median, words),
    )


def _panel(domain: list[float], span: list[float], **settings: Any) -> dict[str, Any]:
    shown = {"gridcolor": LIGHT["grid"], "zeroline": False, "fixedrange": True}
    return {"domain": domain, "range": span, **shown, **settings}


def _axis(bins: list[Bin], words: Words) -> dict[str, Any]:
    longest = max((len(bar.label(words)) for bar in bins if bar.high is not None), default=0)
    every = max(ceil(len(bins) * (longest + 1) * SIGN_PIXELS / PHONE_PIXELS), 1)
    ticks = list(range(0, len(bins), every))
    if bins and bins[-1].high is None:
        ticks = [place for place in ticks if place < len(bins) - max(every, 2)] + [len(bins) - 1]
    return {
        "anchor": "y2",
        "range": [-0.6, len(bins) - 0.4],
        "tickvals": ticks,
        "ticktext": [bins[place].label(words).replace(" ", "<br>", 1) for place in ticks],
        "tickangle": 0,
        "title": {
            "text": words.say("touchpoints_axis"),
            "font": {"size": 12.5, "color": LIGHT["muted"]},
            "standoff": 8,
        },
        "showgrid": False,
        "zeroline": False,
        "fixedrange": True,
        "automargin": True,
        "ticklabeloverflow": "allow",
    }


def _bars(bins: list[Bin], words: Words) -> go.Bar:
    digits = max((len(words.count(bar.journeys)) for bar in bins), default=0)
    roomy = digits * len(bins) * DIGIT_PIXELS <= PHONE_PIXELS
    most = max((bar.journeys for bar in bins), default=0)
    return go.Bar(
        x=list(range(len(bins))),
        y=[bar.journeys for bar in bins],
        marker={"color": [LIGHT["open"] if bar.high is None else LIGHT["moved"] for bar in bins]},
        text=[words.count(bar.journeys) if roomy or bar.journeys == most else "" for bar in bins],
        textposition="outside",
        textangle=0,
        cliponaxis=False,
        customdata=[_hover(bar, words) for bar in bins],
        hovertemplate="%{customdata}<extra></extra>",
    )


def _cumulative(bins: list[Bin], words: Words) -> go.Scatter:
    return go.Scatter(
        x=list(range(len(bins))),
        y=[bar.cumulative_share for bar in bins],
        yaxis="y2",
        mode="lines+markers",
        line={"color": LIGHT["bought"], "width": 2},
        marker={"size": 6, "color": LIGHT["bought"]},
        customdata=[_hover(bar, words) for bar in bins],
        hovertemplate="%{customdata}<extra></extra>",
    )


def _hover(bar: Bin, words: Words) -> str:
    shares = {"share": words.share(bar.share), "cumulative": words.share(bar.cumulative_share)}
    purchases = words.counted("purchases", bar.journeys)
    return words.say("hover_touchpoints", label=bar.label(words), purchases=purchases, **shares)


def _place(bins: list[Bin], median: float) -> float:
    width = bins[0].high - bins[0].low + 1 if bins[0].high is not None else 1
    return min((median - bins[0].low - (width - 1) / 2) / width, len(bins) - 1)


def _median_line(bins: list[Bin], median: float) -> dict[str, Any]:
    place = _place(bins, median)
    line = {"color": LIGHT["dropped"], "width": 2, "dash": "dot"}
    return {
        "type": "line",
        "yref": "y2",
        "x0": place,
        "x1": place,
        "y0": 0,
        "y1": 1,
        "line": line,
        "layer": "below",
    }


def _median_sign(bins: list[Bin], median: float, words: Words) -> dict[str, Any]:
    """Point at the median's bar from above all bars, and leave room for the bar's number."""
    place, top = _place(bins, median), max(bar.journeys for bar in bins)
    arrow = {
        "showarrow": True,
        "arrowhead": 2,
        "arrowwidth": 1.5,
        "arrowcolor": LIGHT["dropped"],
        "standoff": 20,
    }
    tail = {"axref": "x", "ayref": "y", "ax": place, "ay": HEADROOM * 0.9 * top}
    sign = f"<b>{words.say('touchpoints_median', n=words.count(median))}</b>"
    return note(sign, place, bins[round(place)].journeys, xref="x", **{**arrow, **tail})


def _headings(bins: list[Bin], median: float | None, words: Words) -> list[dict[str, Any]]:
    bold: dict[str, Any] = {
        "yref": "paper",
        "xanchor": "left",
        "yanchor": "bottom",
        "font": {"size": 13, "weight": 600},
    }
    quiet: dict[str, Any] = {
        "yref": "y2",
        "xanchor": "left",
        "yanchor": "bottom",
        "font": {"color": LIGHT["muted"]},
    }
    headings = [
        note(words.say("touchpoints_bars"), 0, 0.96, **bold),
        note(words.say("touchpoints_cumulative"), 0, 0.29, **bold),
        *(note(words.share(level), 0, level, **quiet) for level in LEVELS),
    ]
    return headings if median is None or not bins else [*headings, _median_sign(bins, median, words)]
