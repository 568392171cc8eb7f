"""Section 1 of the definitions, "Money": what was exported in each currency, and where every krone stands."""

from collections.abc import Mapping, Sequence

from tests.reference.touchpoints import counted_refunds, has_usable_id, refunds_of, total
from tests.reference.values import Row, code_of

OWN_WHERE_NONE_IS_NAMED = "(none)"


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


def money_figures(events: Sequence[Row], tables: Mapping[str, list[Row]], own: str | None) -> Row:
    """Figures of quality on money: where every krone that has a rate stands; of events that were rebuilt."""
    followed = [event for event in events if event["device_id"] is not None]
    unfollowed = [event for event in events if event["device_id"] is None]
    conversions = [event for event in followed if event.get("is_conversion")]
    repeats = [event for event in followed if event.get("is_repeat")]
    paid = {
        (event["person_id"], event["transaction_id"])
        for event in conversions
        if has_usable_id(event) and event["revenue"] is not None
    }
    belonging = [r for r in refunds_of(followed) if (r["person_id"], r["transaction_id"]) in paid]
    once = counted_refunds(belonging, own)
    sums = {
        "revenue_exported": [event["revenue"] for event in events],
        "revenue_counted": [event["revenue"] for event in conversions],
        "revenue_repeated": [event["revenue"] for event in repeats],
        "revenue_unfollowed": [event["revenue"] for event in unfollowed],
        "refund_exported": [event["refund"] for event in events],
        "refund_netted": [row["refund"] for row in tables["touchpoints"]],
        "refund_unfollowed": [event["refund"] for event in unfollowed],
    }
    told = {name: total(amounts) or 0 for name, amounts in sums.items()}
    of_paid = total([event["refund"] for event in belonging]) or 0
    told["refund_repeated"] = of_paid - (total([event["refund"] for event in once]) or 0)
    told["unmatched_refund_value"] = told["refund_exported"] - told["refund_unfollowed"] - of_paid
    unrated = [
        e for e in events for kind in ("revenue", "refund") if e[f"{kind}_as_exported"] is not None and e[kind] is None
    ]
    return told | {"amounts_without_rate": len(unrated)}
