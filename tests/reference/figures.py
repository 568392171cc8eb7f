"""Section 7 of the definitions: the figures, for all journeys and for each segment value."""

from collections.abc import Collection, Iterator
from typing import Any

from tests.reference.chain import state_rows
from tests.reference.comparisons import comparison_rows
from tests.reference.coverage import unmatched_rows
from tests.reference.curves import curve_rows
from tests.reference.handovers import contacts_by_rows, handover_rows
from tests.reference.headlines import kpi_row, quality
from tests.reference.journeys import Clock
from tests.reference.levers import lever_rows
from tests.reference.loyalty import repurchase_rows
from tests.reference.maps import leak_rows, map_rows, touchpoint_metric_rows
from tests.reference.personas import personas_of
from tests.reference.persons import person_rows
from tests.reference.sentiment import answers_of, sentiment_rows
from tests.reference.statistics import counted_seconds, kaplan_meier_median, mean, median, quantile, rate, wilson
from tests.reference.transitions import transition_rows
from tests.reference.values import Row

Key = tuple[str, int]
CHAINED = ("all", "persona", "device_category", "customer")
MAPPED = ("all", "persona")
DIMENSIONS = ("device_category", "country", "channel", "customer", "visitor")


def figures(
    tables: dict[str, list[Row]], lifecycle: Any, personas: Collection[str] = (), among: Collection[Key] | None = None
) -> dict[str, list[Row]]:
    """All the figures, each a list of rows with `dimension` and `segment`; personas by the names they have here.

    With `among`, those over these journeys alone, of which some may have no touchpoint.
    """
    if among is not None:
        listed = [j for j in tables["journeys"] if (j["person_id"], j["journey_number"]) in among]
        tables = tables | {"journeys": listed}
    clock = Clock(tables["clock"][0]["as_of"], tables["clock"][0]["window"])
    phases = [phase.key for phase in lifecycle.phases]
    touchpoints, stays = by_journey(tables["touchpoints"]), by_journey(tables["stays"])
    found: dict[str, list[Row]] = {"phase_metrics": [], "transitions": [], "states": [], "levers": []}
    found |= {"touchpoints_before_purchase": [], "repurchase_curves": [], "kpis": [], "quality": quality(tables)}
    found |= {"touchpoint_metrics": [], "leaks": []}
    found |= {"sentiment": [], "dwell_curves": [], "journey_segments": [], "unmatched": unmatched_rows(tables)}
    found["persons"], answers = person_rows(tables), answers_of(tables)
    cut = [*segments(tables["journeys"]), *persona_segments(tables["journeys"], found["persons"], list(personas))]
    whole = [(j, touchpoints[j["person_id"], j["journey_number"]]) for j in tables["journeys"]]
    found |= {"comparisons": comparison_rows(cut, lifecycle)}
    found |= {"contacts_by": contacts_by_rows(whole), "handovers": handover_rows(whole)}
    channels: list[Row] = []
    for dimension, segment, journeys in cut:
        label = {"dimension": dimension, "segment": segment}
        keys = [(journey["person_id"], journey["journey_number"]) for journey in journeys]
        mine = [touchpoints[key] for key in keys]
        own_stays = [stay for key in keys for stay in stays[key]]
        is_whole = dimension == "all" and among is None
        heard = answers if is_whole else [answer for answer in answers if answer["key"] in set(keys)]
        kpi = kpi_row(journeys, among if dimension == "all" else set(keys), tables)
        lists = {
            "phase_metrics": phase_rows(journeys, mine, own_stays, lifecycle),
            "transitions": transition_rows(journeys, mine, clock),
            "states": state_rows(journeys, mine, clock) if dimension in CHAINED else [],
            "touchpoints_before_purchase": distribution(journeys),
            "repurchase_curves": repurchase_rows(
                {j["person_id"] for j in journeys if j["outcome"] == "converted"}, tables
            ),
            "levers": lever_rows(journeys, mine, clock, lifecycle, kpi),
            "kpis": [kpi],
            "sentiment": sentiment_rows(heard),
            "touchpoint_metrics": touchpoint_metric_rows(journeys, mine) if journeys else [],
            "leaks": leak_rows(journeys, mine),
            "dwell_curves": curve_rows(own_stays, phases) if dimension in CHAINED else [],
            "journey_segments": [{"person_id": person, "journey_number": number} for person, number in keys],
        }
        for name, rows in lists.items():
            found[name] += [label | row for row in rows]
        if dimension in MAPPED:
            contacts = contacts_by_rows(list(zip(journeys, mine, strict=True)))
            channels += [row | label for row in contacts if row["dimension"] == "channel"]
    found["journey_map"] = map_rows(found, channels, lifecycle)
    return found


def by_journey(rows: list[Row]) -> dict[Key, list[Row]]:
    """The rows of each journey, in their order."""
    found: dict[Key, list[Row]] = {}
    for row in rows:
        found.setdefault((row["person_id"], row["journey_number"]), []).append(row)
    return found


def segments(journeys: list[Row]) -> Iterator[tuple[str, str, list[Row]]]:
    """Every dimension and segment with its journeys."""
    yield "all", "all", journeys
    for dimension in DIMENSIONS:
        found: dict[str, list[Row]] = {}
        for journey in journeys:
            value = journey[dimension]
            found.setdefault("(not set)" if value is None else value, []).append(journey)
        for segment in sorted(found):
            yield dimension, segment, found[segment]


def persona_segments(journeys: list[Row], persons: list[Row], names: list[str]) -> list[tuple[str, str, list[Row]]]:
    """Every persona that has a journey, and those in none; nothing where no persona is asked for."""
    known = {person["person_id"]: person for person in persons}
    found: dict[str, list[Row]] = {}
    for journey in journeys if names else ():
        for name in personas_of(journey, known[journey["person_id"]], names):
            found.setdefault(name, []).append(journey)
    return [("persona", name, found[name]) for name in sorted(found)]


def phase_rows(journeys: list[Row], touchpoints: list[list[Row]], stays: list[Row], lifecycle: Any) -> list[Row]:
    """phase_metrics of one segment."""
    order = [phase.key for phase in lifecycle.phases]
    furthest = [-1 if j["furthest_phase"] is None else order.index(j["furthest_phase"]) for j in journeys]
    rows: list[Row] = []
    for index, phase in enumerate(lifecycle.phases):
        here = [j for j, reached in zip(journeys, furthest, strict=True) if reached == index]
        reached = [j for j, far in zip(journeys, furthest, strict=True) if far >= index]
        row: Row = {"phase": phase.key, "phase_index": index + 1, "reached": len(reached)}
        row["visited"] = sum(any(t["phase"] == phase.key for t in ts) for ts in touchpoints)
        row["entered_here"] = sum(ts[0]["phase"] == phase.key for ts in touchpoints)
        row["progressed"] = sum(far > index for far in furthest)
        names = {"dropped_off": "dropped_off", "still_open": "open", "stopped": "converted"}
        row |= {name: sum(j["outcome"] == outcome for j in here) for name, outcome in names.items()}
        row |= drop_off(here, reached, phase.stage)
        rows.append(row | time_in_phase([stay for stay in stays if stay["phase"] == phase.key]))
    return rows


def drop_off(here: list[Row], reached: list[Row], stage: str) -> Row:
    """The drop-off rate over mature journeys with its interval; nulls for after phases."""
    dropped = sum(j["is_mature"] and j["outcome"] == "dropped_off" for j in here)
    still_open = sum(j["is_mature"] and j["outcome"] == "open" for j in here)
    mature = sum(j["is_mature"] for j in reached)
    row: Row = {"mature_reached": mature, "mature_dropped_off": dropped, "mature_still_open": still_open}
    decided = 0 if stage == "after" else mature - still_open
    low, high = wilson(dropped, decided)
    return row | {"drop_off_rate": rate(dropped, decided), "drop_off_low": low, "drop_off_high": high}


def time_in_phase(stays: list[Row]) -> Row:
    """Dwell and active time over completed stays, and the Kaplan-Meier median over all."""
    completed = [stay for stay in stays if not stay["is_censored"]]
    row: Row = {"stays": len(stays), "completed_stays": len(completed)}
    for name in ("dwell", "active"):
        exact = [stay[f"{name}_seconds"] for stay in completed]
        values = [counted_seconds(seconds) for seconds in exact]
        row[f"median_{name}_seconds"] = median(values)
        row[f"mean_{name}_seconds"] = mean(exact)
        row[f"p90_{name}_seconds"] = quantile(values, 0.9)
    moves = [counted_seconds(stay["dwell_seconds"]) for stay in completed]
    censored = [counted_seconds(stay["watched_seconds"]) for stay in stays if stay["is_censored"]]
    return row | {"km_median_dwell_seconds": kaplan_meier_median(moves, censored)}


def distribution(journeys: list[Row]) -> list[Row]:
    """touchpoints_before_purchase of one segment, over its converted journeys."""
    counts = [j["touchpoints_before_purchase"] for j in journeys if j["outcome"] == "converted"]
    return [
        {
            "touchpoint_count": count,
            "journeys": counts.count(count),
            "share": counts.count(count) / len(counts),
            "cumulative_share": sum(other <= count for other in counts) / len(counts),
        }
        for count in sorted(set(counts))
    ]
