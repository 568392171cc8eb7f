"""What the transforms have to know besides the events: the lifecycle and the choices of the settings."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

import polars as pl

from models.channels import Sites, default_channel_group, read_sites
from models.lifecycle import Lifecycle
from transforms.money import from_micros


@dataclass(frozen=True)
class Rules:
    """Everything that decides how a person's events become journeys.

    Args:
        lifecycle: its rules recognise touchpoints.
        as_of: the instant that plays the part of now, UTC.
        journey_window: a longer silence ends a journey.
        session_gap: a longer silence ends a session.
        session_split: further cuts: `ga_session_id`, `campaign`.
        ignored_referrers: hosts that are no source.
        sites: search engines, social networks and the like that channels are told by.
        currency: the property's, that of an event that names none; null where it is not known.
    """

    lifecycle: Lifecycle
    as_of: datetime
    journey_window: timedelta = timedelta(days=30)
    session_gap: timedelta = timedelta(minutes=30)
    session_split: tuple[str, ...] = ()
    ignored_referrers: tuple[str, ...] = ()
    sites: Sites = field(default_factory=lambda: read_sites({}))
    currency: str | None = None

    @cached_property
    def channel(self) -> pl.Expr:
        """The channel by source, medium, campaign and click_id."""
        return default_channel_group(self.sites)

    def seconds(self, start: pl.Expr, end: pl.Expr) -> pl.Expr:
        """Time from start to end in seconds, never counted beyond as_of nor below zero; null where either is."""
        as_of = pl.lit(self.as_of, pl.Datetime("us"))
        length = pl.min_horizontal(end, as_of) - pl.min_horizontal(start, as_of)
        positive = from_micros(pl.max_horizontal(length.dt.total_microseconds(), 0))
        return pl.when(start.is_not_null() & end.is_not_null()).then(positive)
