"""What a page has to know besides its tables: whose it is, of when, and for whom."""

from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil

from models.periods import Period, Rhythm, comparable_period, last_period
from models.words import Language


@dataclass(frozen=True)
class Facts:
    """What the tables do not say of themselves.

    Args:
        first_day: first export day, in the property's time zone; null without any.
        last_day: last export day; `as_of` is its end.
        window_days: the journey window, in days.
        timezone: of the property.
        language: of the page.
        rhythm: how long the periods are that are compared.
        segment: dimension and segment of the journeys that are told of.
        currency: the code of the property's currency; null where no purchase names one.
        is_currency_inferred: whether it is only the one that most purchases have.
        missing_days: days between the first and the last that are not loaded, in order.
    """

    first_day: date | None
    last_day: date | None
    window_days: float = 30
    timezone: str = "UTC"
    language: Language = "en"
    rhythm: Rhythm = "weekly"
    segment: tuple[str, str] = ("all", "all")
    currency: str | None = None
    is_currency_inferred: bool = False
    missing_days: tuple[date, ...] = ()

    @property
    def period(self) -> Period | None:
        """The whole period that is told beside the one before it; null where no day is loaded.

        It is the last one that is loaded whole and whose predecessor is; where no two in a row are, the one that ended
        last.

        >>> Facts(date(2026, 1, 1), date(2026, 5, 11)).period.name
        '2026-W19'
        >>> Facts(date(2026, 1, 1), date(2026, 5, 11), missing_days=(date(2026, 5, 5),)).period.name
        '2026-W18'
        """
        return self._told(self.last_day)

    @property
    def mature_period(self) -> Period | None:
        """The same of the periods all of whose journeys have been watched for a journey window.

        >>> Facts(date(2026, 1, 1), date(2026, 5, 11), window_days=7).mature_period.name
        '2026-W18'
        """
        return self._told(self.last_mature_day)

    @property
    def last_mature_day(self) -> date | None:
        """The last day all of whose journeys have been watched for a journey window."""
        return None if self.last_day is None else self.last_day - timedelta(days=ceil(self.window_days))

    def _told(self, last_day: date | None) -> Period | None:
        if last_day is None:
            return None
        ended = last_period(self.rhythm, last_day)
        if self.first_day is None:
            return ended
        return comparable_period(self.rhythm, self.first_day, last_day, self.missing_days) or ended
