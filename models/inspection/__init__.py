"""What `sojourn init` finds in exports: counts and days as they are, from which settings are proposed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from math import ceil

from models.ga4 import AUTOMATIC_EVENTS
from models.lifecycle import Lifecycle
from models.periods import days_between

Counts = Mapping[str, int]
FITS = 0.01
"""The share of events whose day may be another than event_date: with more, a time zone is wrong."""
FEWEST_SILENCES = 30
"""Fewer silences before purchases tell no length of a journey."""


@dataclass(frozen=True)
class Inspection:
    """What exports hold: all of them by their names, and some of them by their rows.

    Args:
        days: days by the names of files, or by their rows where no name tells; in order.
        kinds: days by the kind of table that they come from.
        formats: files by how they are written.
        size: bytes of all files.
        looked_at: days whose rows were looked at, in order; what follows is of them.
        events: how many.
        names: events by name, the commonest first; and so on:
        hosts: events by host of their page.
        currencies: purchases with an amount, by currency.
        signed_in: events with a user id.
        unfollowed: events without a device.
        zones: time zones in which event_date is the local day, the likeliest first.
        off: share of events whose day in the likeliest zone, fitting or not, is not event_date.
        off_in_utc: the same of UTC.
        days_in_a_row: looked at for silences: the latest.
        silences: between two visits on the way to a purchase.
        purchases: that they led to.
        silent_days: 95 of 100 silences are no longer.
    """

    days: tuple[date, ...]
    kinds: Counts
    formats: Counts
    size: int
    looked_at: tuple[date, ...]
    events: int
    names: Counts
    hosts: Counts
    currencies: Counts
    signed_in: int
    unfollowed: int
    zones: tuple[str, ...]
    off: float
    off_in_utc: float
    days_in_a_row: int
    silences: int
    purchases: int
    silent_days: float | None

    @property
    def gaps(self) -> list[date]:
        """Days between the first and the last one that have no file."""
        return days_between(self.days)

    @property
    def window_days(self) -> int | None:
        """The journey window to propose, in whole days; None where too few silences tell of one.

        A window longer than half of the days would leave too few journeys that are old enough to be judged.
        """
        if self.silences < FEWEST_SILENCES or self.silent_days is None:
            return None
        return max(1, min(ceil(self.silent_days), self.days_in_a_row // 2))

    def unknown_names(self, lifecycle: Lifecycle) -> list[str]:
        """Names of events that no rule of a lifecycle names, and GA4 does not send by itself; the commonest first."""
        rules = "\n".join(point.when for point in lifecycle.touchpoints)
        return [name for name in self.names if name not in AUTOMATIC_EVENTS and f"'{name}'" not in rules]
