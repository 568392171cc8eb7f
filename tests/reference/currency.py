"""Section 1 of the definitions, "Money": what amounts are worth in the property's currency."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date

from tests.reference.values import Row, code_of

Rate = tuple[date, str, float]


def own_currency(events: Sequence[Row], named: str | None) -> str | None:
    """The property's currency: that of the settings, else the one that most purchases have, by the alphabet."""
    if named is not None:
        return named
    codes = [code_of(event["currency"]) for event in events if event["revenue_as_exported"] is not None]
    counts = Counter(code for code in codes if code is not None)
    return min(counts, key=lambda code: (-counts[code], code)) if counts else None


def rate_of(code: str | None, own: str | None, day: date, rates: Sequence[Rate]) -> float | None:
    """What one unit is worth on a day: the latest rate that is not of a later day; null where there is none."""
    if code is None or code == own:
        return 1.0
    known = [(of, rate) for of, currency, rate in rates if currency == code and of <= day]
    return max(known)[1] if known else None


def convert(events: Sequence[Row], named: str | None, given: Mapping[str, float] | Sequence[Rate]) -> None:
    """Give each event revenue and refund in the property's currency."""
    rates = [(date.min, code, rate) for code, rate in given.items()] if isinstance(given, Mapping) else given
    own = own_currency(events, named)
    for event in events:
        rate = rate_of(code_of(event["currency"]), own, event["export_day"], rates)
        event["revenue"] = worth(event["revenue_as_exported"], rate)
        refund = worth(event["refund_as_exported"], rate)
        event["refund"] = None if refund is None else abs(refund)


def worth(amount: float | None, rate: float | None) -> float | None:
    """An amount at a rate, in whole millionths; null without either."""
    if amount is None or rate is None:
        return None
    found = amount if rate == 1 else round(amount * rate, 6)
    return found if math.isfinite(found) else None
