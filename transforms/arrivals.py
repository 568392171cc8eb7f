"""The phase that coming by a channel is in itself: what people of that channel cannot fail to reach."""

from collections.abc import Iterable

import polars as pl

from models.lifecycle import SESSION_COLUMNS, Lifecycle
from transforms.touchpoints import first_that_holds

SCHEMA = {"channel": pl.String(), "phase_index": pl.Int32()}


def own_phases(channels: Iterable[str], lifecycle: Lifecycle) -> pl.DataFrame:
    """Give each channel the phase of its own arrival: of the first session rule that holds where only it is known.

    The person is no customer, and all else is null: a rule that asks for a medium or a landing page holds for no
    channel as such. A channel by which no rule holds has no row.

    Args:
        channels: names of channels, in any order.
        lifecycle: whose rules say what an arrival is.

    Returns:
        one row per channel with an arrival of its own: channel, phase_index (from 1).

    >>> from models.lifecycle import Phase, Touchpoint
    >>> search = Touchpoint("search", "interest", "session", "channel = 'Organic Search'")
    >>> phases = (Phase("awareness", "before"), Phase("interest", "before"))
    >>> own_phases(["Organic Search", "Direct"], Lifecycle("shop", "purchase", phases, (search,))).rows()
    [('Organic Search', 2)]
    """
    rules = lifecycle.rules_of("session")
    known = [{"channel": channel, "is_customer": False} for channel in channels]
    sessions = pl.DataFrame(known, schema=SESSION_COLUMNS)
    if not rules or sessions.is_empty():
        return pl.DataFrame(schema=SCHEMA)
    phases = [lifecycle.phase_index(touchpoint.phase) for touchpoint in lifecycle.touchpoints]
    judged = sessions.select("channel", place=first_that_holds(rules, lifecycle)).drop_nulls("place")
    phase_index = pl.Series("phase_index", phases, pl.Int32())[judged["place"]]
    return judged.select("channel").with_columns(phase_index)
