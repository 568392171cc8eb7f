"""Periods that reports tell of: days, ISO weeks and calendar months, each the whole one that ended last."""

from bisect import bisect_left
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise, takewhile
from typing import Literal

Rhythm = Literal["daily", "weekly", "monthly"]
RHYTHMS: tuple[Rhythm, ...] = ("daily", "weekly", "monthly")


@dataclass(frozen=True)
class Period:
    """All days from the first to the last, both included, of one rhythm."""

    rhythm: Rhythm
    first: date
    last: date

    @property
    def name(self) -> str:
        """What tells it from all others.

        >>> day = date(2026, 5, 10)
        >>> [period_of(rhythm, day).name for rhythm in RHYTHMS]
        ['2026-05-10', '2026-W19', '2026-05']
        """
        return self.first.strftime({"daily": "%Y-%m-%d", "weekly": "%G-W%V", "monthly": "%Y-%m"}[self.rhythm])

    @property
    def before(self) -> "Period":
        """The period of the same rhythm that ends the day before.

        >>> period_of("monthly", date(2026, 3, 31)).before.name
        '2026-02'
        """
        return period_of(self.rhythm, self.first - timedelta(days=1))


def period_of(rhythm: Rhythm, day: date) -> Period:
    """The period that holds a day; weeks begin on Monday.

    >>> period_of("weekly", date(2026, 5, 10)).first
    datetime.date(2026, 5, 4)
    """
    if rhythm == "daily":
        return Period(rhythm, day, day)
    if rhythm == "weekly":
        first = day - timedelta(days=day.weekday())
        return Period(rhythm, first, first + timedelta(days=6))
    first = day.replace(day=1)
    return Period(rhythm, first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1))


def recent_weeks(first_open_day: date, weeks: int) -> tuple[date, date]:
    """Return the first and last day of the last whole weeks that end before a day; weeks begin on Monday.

    >>> recent_weeks(date(2026, 5, 12), 2)
    (datetime.date(2026, 4, 27), datetime.date(2026, 5, 10))
    """
    monday = first_open_day - timedelta(days=first_open_day.weekday())
    return monday - timedelta(weeks=weeks), monday - timedelta(days=1)


def last_period(rhythm: Rhythm, last_day: date) -> Period:
    """The whole period that ended last.

    Args:
        rhythm: how long periods are.
        last_day: the last day that is loaded.

    >>> [last_period("weekly", date(2026, 5, day)).name for day in (9, 10)]
    ['2026-W18', '2026-W19']
    """
    period = period_of(rhythm, last_day)
    return period if period.last <= last_day else period.before


def comparable_period(rhythm: Rhythm, first_day: date, last_day: date, missing: Collection[date]) -> Period | None:
    """The last whole period whose predecessor is whole as well; null where no two in a row are.

    Args:
        rhythm: how long periods are.
        first_day: the first day that is loaded.
        last_day: the last one.
        missing: days between them that are not loaded.

    >>> days = date(2026, 5, 1), date(2026, 5, 31)
    >>> gaps = [[], [date(2026, 5, 25)], [date(2026, 5, 20)]]
    >>> [comparable_period("weekly", *days, missing).name for missing in gaps]
    ['2026-W22', '2026-W21', '2026-W20']
    >>> comparable_period("weekly", *days, [date(2026, 5, 6), date(2026, 5, 20)]) is None
    True
    """
    days = sorted(missing)

    def is_comparable(period: Period) -> bool:
        place = bisect_left(days, period.before.first)
        return place == len(days) or days[place] > period.last

    loaded = takewhile(lambda period: period.before.first >= first_day, _backwards(last_period(rhythm, last_day)))
    return next(filter(is_comparable, loaded), None)


def _backwards(period: Period) -> Iterator[Period]:
    while True:
        yield period
        period = period.before


def days_between(days: Sequence[date]) -> list[date]:
    """The days between the first and the last one that are not among them.

    >>> [day.day for day in days_between([date(2026, 1, 1), date(2026, 1, 2), date(2026, 1, 5)])]
    [3, 4]
    """
    known, count = set(days), (days[-1] - days[0]).days
    return [day for day in (days[0] + timedelta(days=number) for number in range(1, count)) if day not in known]


def longest_stretch(days: Sequence[date], gap: timedelta = timedelta(days=31)) -> tuple[date, date]:
    """The first and the last day of the stretch that most of some days are in; the latest of several such stretches.

    Args:
        days: in order; at least one.
        gap: the longest step from one day of a stretch to the next.

    >>> days = [date(2026, 5, 1), date(2026, 5, 9), date(2052, 1, 1)]
    >>> [day.isoformat() for day in longest_stretch(days)]
    ['2026-05-01', '2026-05-09']
    """
    stretches = [[days[0]]]
    for before, day in pairwise(days):
        if day - before > gap:
            stretches.append([])
        stretches[-1].append(day)
    longest = max(reversed(stretches), key=len)
    return longest[0], longest[-1]


def day_ranges(days: Sequence[date]) -> str:
    """Write days in order as ranges.

    >>> day_ranges([date(2026, 1, 1), date(2026, 1, 2), date(2026, 1, 5)])
    '2026-01-01 to 2026-01-02, 2026-01-05'
    """
    return ", ".join(f"{start}" if start == end else f"{start} to {end}" for start, end in ranges_of(days))


def ranges_of(days: Sequence[date]) -> list[tuple[date, date]]:
    """The first and the last of the days that stand without a gap.

    Args:
        days: in order.

    >>> [(start.day, end.day) for start, end in ranges_of([date(2026, 1, day) for day in (1, 2, 5)])]
    [(1, 2), (5, 5)]
    """
    starts = [day for number, day in enumerate(days) if not number or (day - days[number - 1]).days > 1]
    ends = [day for number, day in enumerate(days) if day == days[-1] or (days[number + 1] - day).days > 1]
    return list(zip(starts, ends, strict=True))
