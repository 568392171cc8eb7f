"""What people do after their first purchase: when they buy or come again, and what they have bought for by then."""

import math
from collections.abc import Collection
from typing import Any

from tests.reference.curves import interval
from tests.reference.sessions import session_order
from tests.reference.statistics import counted, mean, rate, student
from tests.reference.touchpoints import total
from tests.reference.values import Row

Tables = dict[str, list[Row]]
KINDS = ("repurchase", "return")
HORIZONS = (30, 90, 365)
DAY = 86_400_000_000


def loyalty(buyers: Collection[str], tables: Tables) -> Row:
    """The figures of kpis on the buyers of a segment, wherever their later sessions fall."""
    people = [ways_back(tables)[buyer] for buyer in buyers]
    row: Row = {f"{kind}_rate_to_date": rate(sum(p[kind] is not None for p in people), len(people)) for kind in KINDS}
    for kind in KINDS:
        steps = curve(people, kind, tables)
        row |= {f"{kind}_{days}d": share_by(steps, counted(days * DAY)) for days in HORIZONS}
    for days in HORIZONS:
        row |= worth(people, days, tables)
    return row


def repurchase_rows(buyers: Collection[str], tables: Tables) -> list[Row]:
    """repurchase_curves of the buyers of a segment."""
    people = [ways_back(tables)[buyer] for buyer in buyers]
    return [{"kind": kind, **step} for kind in KINDS for step in curve(people, kind, tables)]


def ways_back(tables: Tables) -> dict[str, Row]:
    """Who bought: the first purchase, and the next in a later session, the next later session, and all purchases."""
    if "ways_back" not in tables:
        found: dict[str, Row] = {}
        conversions = [t for t in tables["touchpoints"] if t["is_conversion"]]
        for t in sorted(conversions, key=lambda t: (t["occurred_at"], session_order(t), t["rank"])):
            nobody: Row = {"first": t["occurred_at"], "session": session_order(t), "bought": []}
            person = found.setdefault(t["person_id"], nobody | dict.fromkeys(KINDS))
            person["bought"].append((t["occurred_at"], t["revenue"]))
            if session_order(t) > person["session"] and person["repurchase"] is None:
                person["repurchase"] = t["occurred_at"]
        for session in sorted(tables["sessions"], key=session_order):
            person = found.get(session["person_id"], {})
            if person and session_order(session) > person["session"] and person["return"] is None:
                person["return"] = session["started_at"]
        tables["ways_back"] = [found]
    return tables["ways_back"][0]


def curve(people: list[Row], kind: str, tables: Tables) -> list[Row]:
    """The steps of a Kaplan-Meier curve: at 0, where it happens, and where the last watch ends."""
    if not people:
        return []
    as_of = tables["clock"][0]["as_of"]
    told = []
    for person in people:
        end = as_of if person[kind] is None else min(person[kind], as_of)
        told.append((counted(max(0, end - min(person["first"], as_of))), person[kind] is not None))
    last = max(duration for duration, _ in told)
    times = sorted({0, last, *(duration for duration, happened in told if happened)})
    rows: list[Row] = []
    share, variance = 1.0, 0.0
    for time, later in zip(times, [*times[1:], None], strict=True):
        at_risk = sum(duration >= time for duration, _ in told)
        happened = sum(is_so and duration == time for duration, is_so in told)
        gone = sum(duration >= time and (later is None or duration < later) for duration, _ in told)
        share *= 1 - happened / at_risk
        variance = variance + happened / (at_risk * (at_risk - happened)) if at_risk > happened else math.nan
        row: Row = {"seconds": time / 1_000_000, "at_risk": at_risk, "happened": happened}
        row |= {"watch_ends": gone - happened, "surviving": share}
        low, high = interval(share, variance)
        rows.append(row | {"surviving_low": low, "surviving_high": high})
    return rows


def share_by(steps: list[Row], horizon: int) -> float | None:
    """To which share it has happened by then; null where the curve ends before, with somebody left."""
    passed = [step for step in steps if step["seconds"] <= horizon / 1_000_000]
    if not passed or (steps[-1]["seconds"] < horizon / 1_000_000 and passed[-1]["surviving"] > 0):
        return None
    return 1 - float(passed[-1]["surviving"])


def worth(people: list[Row], days: int, tables: Tables) -> Row:
    """Mean revenue within so many days of those watched so long, and its interval from ten persons on."""
    name = f"lifetime_value_{days}d"
    watched = [p for p in people if tables["clock"][0]["as_of"] - p["first"] >= days * DAY]
    known = [total([money for at, money in p["bought"] if at - p["first"] <= days * DAY]) for p in watched]
    values: list[Any] = [0.0 if value is None else value for value in known]
    centre = mean(values) if any(value is not None for value in known) else None
    low = high = None
    if centre is not None and len(values) >= 10:
        spread = math.fsum((value - centre) ** 2 for value in values) / (len(values) - 1)
        half = student(len(values) - 1) * math.sqrt(spread / len(values))
        low, high = centre - half, centre + half
    return {name: centre, f"{name}_low": low, f"{name}_high": high}
