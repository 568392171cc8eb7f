"""By which channel and device contacts and purchases were made, beside those that journeys began with."""

from tests.reference.touchpoints import total
from tests.reference.values import Row

DIMENSIONS = ("channel", "device_category")
Journeys = list[tuple[Row, list[Row]]]


def named(value: str | None) -> str:
    """A value as segments are named."""
    return "(not set)" if value is None else value


def contacts_by_rows(journeys: Journeys) -> list[Row]:
    """Table contacts_by, of journeys with their touchpoints, which know channel and device of their session."""
    groups: dict[tuple[str, str, str], list[tuple[Row, Row]]] = {}
    for journey, mine in journeys:
        for touchpoint in mine:
            for name in DIMENSIONS:
                key = (touchpoint["phase"], name, named(touchpoint[name]))
                groups.setdefault(key, []).append((journey, touchpoint))
    sizes = {key: len(group) for key, group in groups.items()}
    return [
        {
            "phase": phase,
            "dimension": name,
            "value": value,
            "contacts": len(group),
            "journeys": len({(journey["person_id"], journey["journey_number"]) for journey, _ in group}),
            "share": len(group) / sum(n for key, n in sizes.items() if key[:2] == (phase, name)),
            "contacts_as_first": sum(named(journey[name]) == value for journey, _ in group),
        }
        for (phase, name, value), group in groups.items()
    ]


def handover_rows(journeys: Journeys) -> list[Row]:
    """Table handovers, of journeys with their touchpoints."""
    groups: dict[tuple[str, str, str], list[Row]] = {}
    for journey, mine in journeys:
        bought = next((touchpoint for touchpoint in mine if touchpoint["is_conversion"]), None)
        for name in DIMENSIONS if bought else ():
            assert bought
            groups.setdefault((name, named(journey[name]), named(bought[name])), []).append(journey)
    return [
        {
            "dimension": name,
            "first": first,
            "buying": buying,
            "purchases": len(group),
            "revenue": total([journey["revenue"] for journey in group]),
        }
        for (name, first, buying), group in groups.items()
    ]
