"""Each segment beside all journeys that are not in it: two rates, their difference, and whether that is chance."""

import math
from typing import Any

from tests.reference.rules import OF_SESSION, first_that_holds
from tests.reference.statistics import wilson
from tests.reference.values import Row

Key = tuple[str, int]
Cut = list[tuple[str, str, list[Row]]]
NORMAL, LEVEL = 5, 0.05


def comparison_rows(cut: Cut, lifecycle: Any) -> list[Row]:
    """Table comparisons: of each segment the conversion rate, and the drop-off rates of phases up to the purchase."""
    phases = [phase.key for phase in lifecycle.phases]
    [every] = [journeys for dimension, _, journeys in cut if dimension == "all"]
    own = own_phases([segment for dimension, segment, _ in cut if dimension == "channel"], lifecycle)
    rows = []
    for dimension, segment, journeys in cut:
        if dimension == "all":
            continue
        mine = {key_of(journey) for journey in journeys}
        others = [journey for journey in every if key_of(journey) not in mine]
        label = {"dimension": dimension, "segment": segment}
        rows.append(label | {"figure": "conversion_rate", "phase": ""} | compared(bought(journeys), bought(others)))
        for place, phase in enumerate(lifecycle.phases):
            beside = others
            if dimension == "channel":
                if own.get(segment, -1) >= place:
                    continue
                beside = [journey for journey in others if own.get(journey["channel"], -1) < place]
            if phase.stage != "after":
                both = (lost(group, place, phases) for group in (journeys, beside))
                rows.append(label | {"figure": "drop_off_rate", "phase": phase.key} | compared(*both))
    return with_holm([row for row in rows if row["decided"]])


def key_of(journey: Row) -> Key:
    """The natural key of a journey."""
    return journey["person_id"], journey["journey_number"]


def own_phases(channels: list[str], lifecycle: Any) -> dict[str, int]:
    """The place of the phase that coming by a channel belongs to, of channels that are a contact by themselves."""
    rules = [rule for rule in lifecycle.touchpoints if rule.scope == "session"]
    phases = [phase.key for phase in lifecycle.phases]
    rows: list[Row] = [{"channel": channel, "is_customer": False, "params": {}} for channel in channels]
    found = zip(channels, first_that_holds(rules, rows, OF_SESSION), strict=True)
    return {channel: phases.index(rule.phase) for channel, rule in found if rule}


def bought(journeys: list[Row]) -> tuple[int, int]:
    """How many mature journeys converted, of how many that are decided."""
    decided = [journey for journey in journeys if journey["is_mature"] and journey["outcome"] != "open"]
    return sum(journey["outcome"] == "converted" for journey in decided), len(decided)


def lost(journeys: list[Row], place: int, phases: list[str]) -> tuple[int, int]:
    """How many mature journeys dropped off in a phase, of how many that reached it and are not still open there."""
    reached = [
        (phases.index(journey["furthest_phase"]), journey["outcome"])
        for journey in journeys
        if journey["is_mature"] and journey["furthest_phase"] is not None
    ]
    decided = [(far, outcome) for far, outcome in reached if far > place or (far == place and outcome != "open")]
    return sum(found == (place, "dropped_off") for found in decided), len(decided)


def compared(mine: tuple[int, int], others: tuple[int, int]) -> Row:
    """Two rates beside each other, with Newcombe's interval of their difference and the p-value."""
    (happened, decided), (other_happened, other_decided) = mine, others
    row: Row = {"decided": decided, "happened": happened, "rate": happened / decided if decided else None}
    row |= {"other_decided": other_decided, "other_happened": other_happened, "other_rate": None}
    row |= dict.fromkeys(("difference", "difference_low", "difference_high", "p_value"))
    if not decided or not other_decided:
        return row
    one, other = happened / decided, other_happened / other_decided
    (low, high), (other_low, other_high) = wilson(happened, decided), wilson(other_happened, other_decided)
    assert low is not None and high is not None and other_low is not None and other_high is not None
    row |= {"other_rate": other, "difference": one - other}
    row["difference_low"] = one - other - math.hypot(one - low, other_high - other)
    row["difference_high"] = one - other + math.hypot(high - one, other - other_low)
    return row | {"p_value": chance_of(happened, decided, other_happened, other_decided)}


def chance_of(happened: int, decided: int, other_happened: int, other_decided: int) -> float | None:
    """The z test with the pooled rate; Fisher's exact one where it expects a count below five."""
    everybody, all_happened = decided + other_decided, happened + other_happened
    margins = [(a, b) for a in (decided, other_decided) for b in (all_happened, everybody - all_happened)]
    if all(a * b >= NORMAL * everybody for a, b in margins):
        pooled = all_happened / everybody
        spread = math.sqrt(pooled * (1 - pooled) * (1 / decided + 1 / other_decided))
        return math.erfc(abs(happened / decided - other_happened / other_decided) / spread / math.sqrt(2))
    least, most = max(0, all_happened - other_decided), min(decided, all_happened)
    ways = {n: math.comb(decided, n) * math.comb(other_decided, all_happened - n) for n in range(least, most + 1)}
    total = sum(ways.values())
    if min(ways.values()) / total >= LEVEL:
        return None  # no counts with these totals are rare: Tarone 1990
    return sum(way for way in ways.values() if way <= ways[happened]) / total


def with_holm(rows: list[Row]) -> list[Row]:
    """Adjust the p-values after Holm over all rows that have one."""
    told = sorted((row for row in rows if row["p_value"] is not None), key=lambda row: row["p_value"])
    least = 0.0
    for place, row in enumerate(told):
        least = max(least, min(1.0, row["p_value"] * (len(told) - place)))
        row["adjusted_p_value"] = least
    for row in rows:
        row.setdefault("adjusted_p_value", None)
        row["is_significant"] = row["adjusted_p_value"] is not None and row["adjusted_p_value"] < LEVEL
    return rows
