"""Who meets which contact, where journeys are lost, and what the journey map tells of each phase."""

from collections import Counter
from typing import Any

from tests.reference.journeys import first_conversion
from tests.reference.statistics import rate, wilson
from tests.reference.values import Row

Found = dict[str, list[Row]]
ACTED_ON = ("device_category", "browser", "channel", "landing_page", "landing_path", "persona")
LEAST = 30


def touchpoint_metric_rows(journeys: list[Row], touchpoints: list[list[Row]]) -> list[Row]:
    """Table touchpoint_metrics of one segment, of its journeys and the touchpoints of each."""
    contacts = [t for mine in touchpoints for t in mine]
    rows = []
    for kind, phase in sorted({(t["touchpoint"], t["phase"]) for t in contacts}):
        having = [pair for pair in zip(journeys, touchpoints, strict=True) if kind in kinds(pair[1])]
        decided = [
            journey
            for journey, mine in having
            if journey["is_mature"] and journey["outcome"] != "open" and kind in kinds(mine[: first_conversion(mine)])
        ]
        bought = sum(journey["outcome"] == "converted" for journey in decided)
        low, high = wilson(bought, len(decided))
        row: Row = {"phase": phase, "touchpoint": kind, "contacts": sum(t["touchpoint"] == kind for t in contacts)}
        row |= {"journeys": len(having), "share": len(having) / len(journeys), "decided": len(decided)}
        row |= {"converted": bought, "purchase_share": rate(bought, len(decided))}
        rows.append(row | {"purchase_low": low, "purchase_high": high})
    return rows


def kinds(touchpoints: list[Row]) -> set[str]:
    """The kinds of some touchpoints."""
    return {t["touchpoint"] for t in touchpoints}


def leak_rows(journeys: list[Row], touchpoints: list[list[Row]]) -> list[Row]:
    """Table leaks of one segment: furthest phase and last touchpoint of journeys that dropped off, commonest first."""
    lost = Counter(
        (journey["furthest_phase"], mine[-1]["touchpoint"])
        for journey, mine in zip(journeys, touchpoints, strict=True)
        if journey["outcome"] == "dropped_off" and journey["furthest_phase"] is not None
    )
    rows, told = [], 0
    for (phase, touchpoint), number in sorted(lost.items(), key=lambda leak: (-leak[1], leak[0])):
        told += number
        shares = {"share": number / lost.total(), "cumulative_share": told / lost.total()}
        rows.append({"phase": phase, "touchpoint": touchpoint, "dropped_off": number} | shares)
    return rows


def map_rows(found: Found, channels: list[Row], lifecycle: Any) -> list[Row]:
    """Table journey_map: of all journeys and of each persona, from the other tables and the channels of contacts."""
    owners = {point.key: point.owner for point in lifecycle.touchpoints}
    rows = []
    for metric in found["phase_metrics"]:
        if metric["dimension"] not in ("all", "persona"):
            continue
        label = {name: metric[name] for name in ("dimension", "segment", "phase")}
        metrics = [row for row in found["touchpoint_metrics"] if is_of(row, label)]
        cells = {
            "contacts": of_contacts(metrics, metric["visited"]),
            "flow": of_flow(metric),
            "time": of_time(metric),
            "feelings": of_feelings([s for s in found["sentiment"] if is_felt(s, label)]),
            "channels": of_channels([row for row in channels if is_of(row, label)]),
            "levers": of_levers([lever for lever in found["levers"] if is_lever(lever, label, lifecycle)]),
            "owners": of_owners(metrics, owners),
            "gaps": of_gaps(found["comparisons"], label),
        }
        empty = {"journeys": None, "item_dimension": None, "revenue": None, "phase_index": metric["phase_index"]}
        for aspect, told in cells.items():
            rows += [label | empty | {"aspect": aspect, "rank": rank} | row for rank, row in told]
    return rows


Told = list[tuple[int, Row]]


def is_of(row: Row, label: Row) -> bool:
    """Whether a row is of a segment and phase."""
    return all(row.get(name) == value for name, value in label.items())


def is_felt(row: Row, label: Row) -> bool:
    """Whether a row of sentiment is of a segment and of a phase itself."""
    return row["level"] == "phase" and is_of(row | {"phase": row["state"]}, label)


def is_lever(row: Row, label: Row, lifecycle: Any) -> bool:
    """Whether a row of levers is of a segment and of a touchpoint of a phase that somebody left at."""
    phases = {point.key: point.phase for point in lifecycle.touchpoints}
    is_here = row["level"] == "touchpoint" and row["left_here"] > 0
    return is_here and is_of(row | {"phase": phases[row["state"]]}, label)


def ranked(rows: list[Row], most: int | None = None) -> Told:
    """Rows with their places, from 1."""
    return list(enumerate(rows, 1))[:most]


def of_contacts(metrics: list[Row], visited: int) -> Told:
    """The five touchpoints that most journeys have, as share of those that visited the phase."""
    ordered = sorted(metrics, key=lambda row: (-row["journeys"], row["touchpoint"]))
    return ranked([share_of(row["touchpoint"], row["journeys"], visited) for row in ordered], 5)


def share_of(item: str, part: int, whole: int) -> Row:
    """An item, and its share in journeys."""
    return {"item": item, "value": part / whole, "unit": "share", "journeys": part}


def of_flow(metric: Row) -> Told:
    """What came of the journeys that reached the phase."""
    names = ("reached", "progressed", "stopped", "still_open", "dropped_off")
    rows = [{"item": name, "value": metric[name], "unit": "journeys", "journeys": metric[name]} for name in names]
    rate_ = {"item": "drop_off_rate", "value": metric["drop_off_rate"], "unit": "share"}
    return ranked([*rows, rate_ | {"journeys": metric["mature_dropped_off"]}])


def of_time(metric: Row) -> Told:
    """How long it takes to move on, and how long people are at it; nothing where nobody stayed."""
    names = ("km_median_dwell_seconds", "median_active_seconds")
    return ranked([{"item": n, "value": metric[n], "unit": "seconds"} for n in names if metric["stays"]])


def of_feelings(sentiment: list[Row]) -> Told:
    """What surveys tell: NPS, mean score and answers, then mean and answers of the scale 1-5, where they are known."""
    told: Told = []
    for row in sentiment:
        nps = {"item": "nps", "value": row["nps"], "unit": "score"}
        mean = {"item": f"{row['scale']}_mean_score", "value": row["mean_score"], "unit": "score"}
        answers = {"item": "answers_withheld" if row["is_withheld"] else "answers", "value": row["answers"]}
        lines = [mean, answers | {"unit": "answers"}]
        told += enumerate([nps, *lines], 1) if row["scale"] == "nps" else enumerate(lines, 4)
    return [(rank, row) for rank, row in told if row["value"] is not None]


def of_channels(contacts: list[Row]) -> Told:
    """The three channels by whose sessions most contacts came, and the rest in one."""
    ordered = sorted(contacts, key=lambda row: (-row["contacts"], row["value"]))
    told = [
        {"item": row["value"], "value": row["share"], "unit": "share", "journeys": row["journeys"]} for row in ordered
    ]
    more = {"item": "(other)", "value": sum(row["share"] for row in ordered[3:]), "unit": "share"}
    return ranked([*told[:3], *([more] if told[3:] else [])])


def of_levers(levers: list[Row]) -> Told:
    """The three touchpoints at which most would be won if a tenth fewer left."""
    ordered = sorted(levers, key=lambda row: (-round(row["extra_purchases"], 9), -row["left_here"], row["state"]))
    return ranked(
        [
            {"item": row["state"], "value": row["extra_purchases"], "unit": "purchases", "journeys": row["left_here"]}
            | {"revenue": row["extra_revenue"]}
            for row in ordered
        ],
        3,
    )


def of_owners(metrics: list[Row], owners: dict[str, str | None]) -> Told:
    """Who owns the contacts, as share of all of the phase."""
    owned: Counter[str] = Counter()
    for row in metrics:
        if owner := owners[row["touchpoint"]]:
            owned[owner] += row["contacts"]
    whole = sum(row["contacts"] for row in metrics)
    ordered = sorted(owned.items(), key=lambda pair: (-pair[1], pair[0]))
    return ranked([{"item": owner, "value": n / whole, "unit": "share"} for owner, n in ordered])


def of_gaps(comparisons: list[Row], label: Row) -> Told:
    """The three segments that somebody can act on and that lose most more than all others, beyond chance."""
    found = [
        row
        for row in comparisons
        if row["figure"] == "drop_off_rate" and row["phase"] == label["phase"] and row["dimension"] in ACTED_ON
        if label["dimension"] == "all" or is_of(row, label)
        if row["is_significant"] and row["difference"] > 0 and min(row["decided"], row["other_decided"]) >= LEAST
        if not row["segment"].startswith("(") and row["segment"] != "Unassigned"
    ]
    ordered = sorted(
        found, key=lambda row: (-round(row["difference"] * row["decided"], 9), row["dimension"], row["segment"])
    )
    return ranked(
        [
            {"item": row["segment"], "value": row["difference"], "unit": "share", "item_dimension": row["dimension"]}
            | {"journeys": row["difference"] * row["decided"]}
            for row in ordered
        ],
        3,
    )
