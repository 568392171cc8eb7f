"""What a page has to know besides its tables: whose it is, of when, and for whom."""

from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil

from models.periods import Period, Rhythm, last_period
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

    @property
    def period(self) -> Period | None:
        """The whole period that ended last; null where no day is loaded.

        >>> Facts(date(2026, 1, 1), date(2026, 5, 11)).period.name
        '2026-W19'
        """
        return None if self.last_day is None else last_period(self.rhythm, self.last_day)

    @property
    def mature_period(self) -> Period | None:
        """The last whole period all of whose journeys have been watched for a journey window.

        >>> Facts(date(2026, 1, 1), date(2026, 5, 11), window_days=7).mature_period.name
        '2026-W18'
        """
        if self.last_day is None:
            return None
        return last_period(self.rhythm, self.last_day - timedelta(days=ceil(self.window_days)))
