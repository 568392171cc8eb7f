"""Section 1 of the definitions, "Money": what amounts are worth in the property's currency."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from tests.reference.touchpoints import total
from tests.reference.values import Row

Rate = tuple[date, str, float]
OWN_WHERE_NONE_IS_NAMED = "(none)"


def code_of(currency: Any) -> str | None:
    """The code of a currency in capitals, without blanks around it; null where none is named."""
    code = "" if currency is None else str(currency).strip().upper()
    return None if code in ("", "(NOT SET)") else code


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


def convert(events: Sequence[Row], named: str | None, given: Mapping[str, float] | Sequence[Rate]) -> str | None:
    """Give each event revenue and refund in the property's currency, which is returned."""
    rates = [(date.min, code, rate) for code, rate in given.items()] if isinstance(given, Mapping) else given
    own = own_currency(events, named)
    for event in events:
        rate = rate_of(code_of(event["currency"]), own, event["export_day"], rates)
        event["revenue"] = worth(event["revenue_as_exported"], rate)
        refund = worth(event["refund_as_exported"], rate)
        event["refund"] = None if refund is None else abs(refund)
    return own


def worth(amount: float | None, rate: float | None) -> float | None:
    """An amount at a rate, in whole millionths; null without either."""
    if amount is None or rate is None:
        return None
    found = amount if rate == 1 else round(amount * rate, 6)
    return found if math.isfinite(found) else None


def currency_rows(events: Sequence[Row], own: str | None) -> list[Row]:
    """Table currencies: what was exported in each currency, and what of it has a rate."""
    name = own or OWN_WHERE_NONE_IS_NAMED
    found: dict[str, list[Row]] = {}
    for event in events:
        if event["revenue_as_exported"] is not None or event["refund_as_exported"] is not None:
            found.setdefault(code_of(event["currency"]) or name, []).append(event)
    return [{"currency": code, "is_own": code == name} | _amounts(paid) for code, paid in found.items()]


def _amounts(events: list[Row]) -> Row:
    bought = [event for event in events if event["revenue_as_exported"] is not None]
    returned = [event for event in events if event["refund_as_exported"] is not None]
    unrated_bought = [event for event in bought if event["revenue"] is None]
    unrated_returned = [event for event in returned if event["refund"] is None]
    amounts, unrated = len(bought) + len(returned), len(unrated_bought) + len(unrated_returned)
    return {
        "purchases": len(bought),
        "revenue_as_exported": total([event["revenue_as_exported"] for event in bought]),
        "refunds": len(returned),
        "refund_as_exported": total([abs(event["refund_as_exported"]) for event in returned]),
        "rated_share": (amounts - unrated) / amounts,
        "revenue": total([event["revenue"] for event in bought]),
        "refund": total([event["refund"] for event in returned]),
        "purchases_without_rate": len(unrated_bought),
        "revenue_without_rate": total([event["revenue_as_exported"] for event in unrated_bought]),
        "refunds_without_rate": len(unrated_returned),
        "refund_without_rate": total([abs(event["refund_as_exported"]) for event in unrated_returned]),
    }
