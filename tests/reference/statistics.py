"""Quantiles, the Wilson interval, Student's t and the Kaplan-Meier median, from their textbook formulas."""

import math
from collections import Counter
from collections.abc import Sequence

Z = 1.959964


def quantile(values: Sequence[float], share: float) -> float | None:
    """A quantile with linear interpolation between the two nearest of n values, at share * (n - 1)."""
    if not values:
        return None
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def counted(microseconds: int) -> int:
    """A duration as it is counted: three significant digits, half up; 0 under a millisecond."""
    if microseconds < 1000:
        return 0
    unit = 10 ** (len(str(microseconds)) - 3)
    return (microseconds + unit // 2) // unit * unit


def counted_seconds(seconds: float) -> float:
    """The same of seconds that are whole microseconds."""
    return counted(round(seconds * 1_000_000)) / 1_000_000


def median(values: Sequence[float]) -> float | None:
    """The middle value, or the mean of the two in the middle."""
    return quantile(values, 0.5)


def mean(values: Sequence[float]) -> float | None:
    """The mean; null over nothing."""
    return math.fsum(values) / len(values) if values else None


def rate(part: float | None, whole: float | None) -> float | None:
    """A part of a whole; null where the whole is nothing."""
    return part / whole if whole and part is not None else None


def wilson(part: int, whole: int) -> tuple[float, float] | tuple[None, None]:
    """The 95 % Wilson interval of a share; nulls over nothing."""
    if not whole:
        return None, None
    share, square = part / whole, Z * Z
    centre = share + square / (2 * whole)
    spread = Z * math.sqrt(share * (1 - share) / whole + square / (4 * whole * whole))
    scale = 1 + square / whole
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)


def student(freedom: int) -> float:
    """The 97.5 % quantile of Student's t, by the series of Abramowitz and Stegun 26.7.5."""
    terms = (
        (Z**3 + Z, 4),
        (5 * Z**5 + 16 * Z**3 + 3 * Z, 96),
        (3 * Z**7 + 19 * Z**5 + 17 * Z**3 - 15 * Z, 384),
        (79 * Z**9 + 776 * Z**7 + 1482 * Z**5 - 1920 * Z**3 - 945 * Z, 92160),
    )
    return Z + sum(above / (below * freedom**power) for power, (above, below) in enumerate(terms, 1))


def kaplan_meier_median(moves: Sequence[float], censorings: Sequence[float]) -> float | None:
    """The least t with S(t) <= 0.5, in whole numbers so that a half is a half; null if there is none.

    At equal times moves come before censorings: whoever is censored at t is still at risk at t.
    """
    moved, left = Counter(moves), Counter(censorings)
    at_risk = len(moves) + len(censorings)
    above, below = 1, 1
    for t in sorted({*moved, *left}):
        if moved[t]:
            above, below = above * (at_risk - moved[t]), below * at_risk
        if 2 * above <= below:
            return t
        at_risk -= moved[t] + left[t]
    return None
