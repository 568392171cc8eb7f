"""Periods that reports tell of: days, ISO weeks and calendar months, each the whole one that ended last."""

from dataclasses import dataclass
from datetime import date, timedelta
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
