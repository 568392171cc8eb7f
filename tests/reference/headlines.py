"""The headline figures of a segment, and the figures on how far the data can be trusted."""

from collections import Counter
from collections.abc import Collection

from tests.reference.coverage import coverage
from tests.reference.loyalty import loyalty
from tests.reference.statistics import counted_seconds, mean, median, quantile, rate, wilson
from tests.reference.touchpoints import total
from tests.reference.values import PLACEHOLDERS, Row

Tables = dict[str, list[Row]]


def kpi_row(journeys: list[Row], keys: Collection[tuple[str, int]] | None, tables: Tables) -> Row:
    """kpis of one segment, of journeys by their keys; without keys all sessions count, listed journey or not."""
    counts = Counter(journey["outcome"] for journey in journeys)
    row: Row = {
        "journeys": len(journeys),
        "converted": counts["converted"],
        "dropped_off": counts["dropped_off"],
    }
    row |= {"still_open": counts["open"]} | conversion(journeys) | before_purchase(journeys)
    buyers = {j["person_id"] for j in journeys if j["outcome"] == "converted"}
    sessions = [s for s in tables["sessions"] if keys is None or (s["person_id"], s["journey_number"]) in keys]
    revenue = total([journey["revenue"] for journey in journeys])
    row |= {"purchasers": len(buyers), "revenue": revenue, "lifetime_value_to_date": rate(revenue, len(buyers))}
    row |= loyalty(buyers, tables)
    return row | {"bounce_rate": rate(sum(s["is_bounce"] for s in sessions), len(sessions))}


def conversion(journeys: list[Row]) -> Row:
    """The conversion rate from first touch, over mature journeys."""
    mature = Counter(journey["outcome"] for journey in journeys if journey["is_mature"])
    decided = mature["converted"] + mature["dropped_off"]
    low, high = wilson(mature["converted"], decided)
    row: Row = {"mature_journeys": mature.total(), "conversion_rate": rate(mature["converted"], decided)}
    row |= {"conversion_low": low, "conversion_high": high}
    return row | {"open_share": rate(mature["open"], mature.total())}


def before_purchase(journeys: list[Row]) -> Row:
    """Touchpoints and time before the purchase, over converted journeys."""
    converted = [journey for journey in journeys if journey["outcome"] == "converted"]
    counts = [journey["touchpoints_before_purchase"] for journey in converted]
    return {
        "median_touchpoints_before_purchase": median(counts),
        "mean_touchpoints_before_purchase": mean(counts),
        "p90_touchpoints_before_purchase": quantile(counts, 0.9),
        "median_seconds_to_purchase": median(
            [counted_seconds(journey["seconds_to_purchase"]) for journey in converted]
        ),
    }


def quality(tables: Tables) -> list[Row]:
    """Figures on the events: followed, recognised, repeats, agreement with GA4's own sessions."""
    events, journeys = tables["events"], tables["journeys"]
    listed = {(journey["person_id"], journey["journey_number"]) for journey in journeys}
    every = {(session["person_id"], session["journey_number"]) for session in tables["sessions"]}
    unmatched = sum(event["rule"] is None for event in events)
    repeats = sum(event["is_repeat"] for event in events)
    followed = len(events) + len(tables["loose"])
    every_event = [*events, *tables["loose"], *tables["unfollowed"]]
    figures = {
        "followed_events": followed,
        "unfollowed_share": rate(len(tables["unfollowed"]), followed + len(tables["unfollowed"])),
        **{name: sum(bool(event.get(name)) for event in every_event) for name in PLACEHOLDERS},
        **coverage(tables),
        "events_in_a_touchpoint_share": rate(len(events) - unmatched - repeats, followed),
        "refunds_in_no_session": len(tables["loose"]),
        "repeat_purchases": repeats,
        "persons": len({event["person_id"] for event in events}),
        "sessions": len(tables["sessions"]),
        "journeys": len(every),
        "journeys_without_touchpoint": len(every - listed),
        "ga_session_id_agreement": agreement(events, followed),
    }
    return [{"name": name, "value": value} for name, value in figures.items()]


def agreement(events: list[Row], followed: int) -> float | None:
    """Share of followed events in a session with just one ga_session_id, which no other of its device has."""
    ids: dict[tuple[str, int], set[int]] = {}
    size: Counter[tuple[str, int]] = Counter()
    for event in events:
        session = (event["device_id"], event["device_session_number"])
        size[session] += 1
        held = ids.setdefault(session, set())
        if event["ga_session_id"] is not None:
            held.add(event["ga_session_id"])
    holders = Counter((device, ga) for (device, _), held in ids.items() for ga in held)
    agree = [s for s, held in ids.items() if len(held) == 1 and holders[s[0], next(iter(held))] == 1]
    return rate(sum(size[session] for session in agree), followed)
