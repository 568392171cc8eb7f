"""The period of the sample: fixed days of a fixed property, in microseconds. No clock is read."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

TIMEZONE: Final = "Europe/Copenhagen"
LAST_DAY: Final = date(2026, 6, 30)
SECOND: Final = 1_000_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Period:
    """Whole local days up to and with LAST_DAY.

    >>> Period(2).days
    [datetime.date(2026, 6, 29), datetime.date(2026, 6, 30)]
    """

    day_count: int

    @property
    def days(self) -> list[date]:
        """The local days in order."""
        first = LAST_DAY - timedelta(days=self.day_count - 1)
        return [first + timedelta(days=number) for number in range(self.day_count)]

    @property
    def names(self) -> list[str]:
        """The local days as exports name them, YYYYMMDD."""
        return [f"{day:%Y%m%d}" for day in self.days]

    @property
    def starts(self) -> Ints:
        """UTC microseconds at which each local day starts, and at last the end of the period.

        A day in which the clocks change has 23 or 25 hours.
        """
        return np.array([_midnight(day) for day in [*self.days, LAST_DAY + timedelta(days=1)]])

    @property
    def start(self) -> int:
        """First microsecond of the period, UTC."""
        return int(self.starts[0])

    @property
    def end(self) -> int:
        """First microsecond after the period, UTC: the as_of of whoever loads every day."""
        return int(self.starts[-1])

    def day_of(self, times: Ints) -> Ints:
        """Number the local day of UTC microseconds, the first day of the period being 0."""
        return np.searchsorted(self.starts, times, side="right") - 1


def _midnight(day: date) -> int:
    local = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(TIMEZONE))
    return int(local.timestamp()) * SECOND
