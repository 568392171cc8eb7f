"""Marts made by hand for the tests of figures, sentences and page: six phases, 10,240 journeys, balanced."""

from datetime import date, datetime, timedelta
from itertools import pairwise
from math import sqrt

import duckdb
import polars as pl

from models.sql import read_sql
from models.tables import TABLES
from pipelines.report.rendering import Report, ask_of, make_report
from transforms.readers import of_segment
from transforms.sentences import Facts

FACTS = Facts(date(2026, 1, 1), date(2026, 2, 28), 30, "Europe/Copenhagen")
PHASES = ["awareness", "interest", "desire", "evaluation", "conversion", "retention"]
TITLES = ["Awareness", "Interest", "Desire", "Evaluation", "Conversion", "Retention"]
STAGES = ["before"] * 4 + ["during", "after"]
TYPES = {
    "DATE": pl.Date,
    "TIMESTAMP": pl.Datetime,
    "VARCHAR": pl.String,
    "BIGINT": pl.Int64,
    "INTEGER": pl.Int32,
    "DOUBLE": pl.Float64,
    "BOOLEAN": pl.Boolean,
}
# per phase: reached, visited, entered_here, progressed, dropped_off, still_open, stopped
COUNTS = [
    (10240, 6120, 5980, 7410, 2590, 240, 0),
    (7410, 6230, 2710, 4120, 2980, 310, 0),
    (4120, 3870, 1120, 1630, 2070, 420, 0),
    (1630, 1480, 340, 402, 1001, 227, 0),
    (402, 402, 90, 58, 140, 31, 173),
    (58, 58, 0, 0, 0, 0, 58),
]
MATURE = [(8120, 2310, 26), (5784, 2650, 31), (3103, 1840, 52), (1211, 855, 37), (319, 125, 7), (44, 0, 0)]
# per phase: stays, completed, median, mean, p90, active median, Kaplan-Meier median
DWELLS = [
    (7410, 4610, 5400.0, 92000.0, 260000.0, 35.0, 151200.0),
    (9020, 6120, 1260.0, 61000.0, 190000.0, 95.0, 21600.0),
    (6480, 4230, 9900.0, 130000.0, 410000.0, 180.0, 466560.0),
    (2190, 960, 183000.0, 260000.0, 700000.0, 240.0, None),
    (420, 58, 86400.0, 150000.0, 390000.0, 310.0, 777600.0),
    (58, 0, None, None, None, None, None),
]
BOUGHT = [
    2,
    9,
    14,
    21,
    26,
    29,
    27,
    23,
    18,
    14,
    11,
    9,
    7,
    5,
    4,
    3,
    2,
    2,
    0,
    1,
    1,
    0,
    0,
    1,
    0,
    0,
    1,
    0,
    0,
    0,
    0,
    1,
]
QUALITY = [
    "duplicates", "quarantined", "excluded", "repeated_purchases", "unmatched_event_share", "automatic_event_share",
    "unmatched_session_share",
    "provisional_day_share", "mature_journey_share", "open_journey_share", "returning_person_share",
    "ga_session_agreement", *(f"revenue_{what}" for what in ("exported", "counted", "repeated", "unfollowed", "other")),
    *(f"refund_{what}" for what in ("exported", "netted", "repeated", "unfollowed")), "unmatched_refund_value",
]  # fmt: skip
# per furthest phase: the ways there (by first letters), and the share that took each
WAYS = [
    [("a", 1.0)],
    [("ai", 0.55), ("i", 0.25), ("aiai", 0.2)],
    [("aid", 0.4), ("id", 0.25), ("aidid", 0.2), ("aidad", 0.1), ("d", 0.05)],
    [("aide", 0.35), ("ide", 0.25), ("idede", 0.2), ("aidiede", 0.15), ("de", 0.05)],
    [("aidec", 0.3), ("idedec", 0.3), ("aidecdec", 0.2), ("dec", 0.15), ("iec", 0.05)],
]


def frame(name: str, rows: list[dict[str, object]]) -> pl.DataFrame:
    """Rows as the table of that name; what they leave out is null."""
    schema = {column.name: TYPES[column.type] for column in TABLES[name].columns}
    return pl.DataFrame([{key: row.get(key) for key in schema} for row in rows], schema=schema, orient="row")


def wilson(part: int, whole: int) -> tuple[float | None, float | None, float | None]:
    """A share with its 95 % Wilson interval; null over nothing."""
    if not whole:
        return None, None, None
    share, z = part / whole, 1.959964
    middle = (share + z * z / (2 * whole)) / (1 + z * z / whole)
    half = z / (1 + z * z / whole) * sqrt(share * (1 - share) / whole + z * z / (4 * whole * whole))
    return share, max(middle - half, 0.0), min(middle + half, 1.0)


def lifecycle(titles: list[str], conversion: str = "purchase") -> pl.DataFrame:
    rows = zip(PHASES, titles, STAGES, strict=True)
    return frame(
        "lifecycle",
        [
            {"lifecycle": "six-phases", "phase_index": index, "phase": phase, "phase_title": title,
             "stage": stage, "touchpoint": touchpoint, "touchpoint_title": f"{title} {n}",
             "is_conversion": touchpoint == conversion}
            for index, (phase, title, stage) in enumerate(rows, 1)
            for n, touchpoint in enumerate(
                (f"{phase}_1", f"{phase}_2", *([conversion] if stage == "during" else [])), 1)
        ],
    )  # fmt: skip


def phase_metrics(is_mature: bool, has_purchases: bool) -> pl.DataFrame:
    rows = []
    for index, phase in enumerate(PHASES):
        counts = COUNTS[index] if has_purchases else _without_purchases(index)
        reached, dropped, still_open = MATURE[index] if is_mature and counts[0] else (0, 0, 0)
        is_after = STAGES[index] == "after"
        rate = (None, None, None) if is_after else wilson(dropped, reached - still_open)
        stays, completed, median, mean, p90, active, km = DWELLS[index]
        names = ("reached", "visited", "entered_here", "progressed", "dropped_off", "still_open", "stopped")
        rows.append(
            dict(zip(names, counts, strict=True))
            | dict(zip(("drop_off_rate", "drop_off_low", "drop_off_high"), rate, strict=True))
            | {"dimension": "all", "segment": "all", "phase": phase, "phase_index": index + 1}
            | {"mature_reached": reached, "mature_dropped_off": dropped, "mature_still_open": still_open}
            | {"stays": stays, "completed_stays": completed, "median_dwell_seconds": median}
            | {"mean_dwell_seconds": mean, "p90_dwell_seconds": p90, "median_active_seconds": active}
            | {"mean_active_seconds": active, "km_median_dwell_seconds": km, "p90_active_seconds": active}
        )
    segment = [row | {"dimension": "country", "segment": "Denmark", "reached": 1} for row in rows]
    return frame("phase_metrics", segment + rows)


def _without_purchases(index: int) -> tuple[int, ...]:
    reached, visited, entered, progressed, dropped, still_open, _ = COUNTS[index]
    if index == 5:
        return (0,) * 7
    return (reached - 231, visited - 231, entered, max(progressed - 231, 0), dropped, still_open, 0)


def transitions(has_purchases: bool = True) -> pl.DataFrame:
    counts: dict[tuple[str, str], int] = {}
    letters = {phase[0]: phase for phase in PHASES}
    for index, ways in enumerate(WAYS):
        converted = 231 if index == 4 and has_purchases else 0
        ends = {"(drop-off)": COUNTS[index][4], "(open)": COUNTS[index][5], "(converted)": converted}
        for end, total in ends.items():
            shares = [int(total * share) for _, share in ways]
            shares[0] += total - sum(shares)
            for (way, _), number in zip(ways, shares, strict=True):
                states = ["(start)", *(letters[letter] for letter in way), end]
                for edge in pairwise(states):
                    counts[edge] = counts.get(edge, 0) + number
    leaving: dict[str, int] = {}
    for (source, _), number in counts.items():
        leaving[source] = leaving.get(source, 0) + number
    base = {"part": "to_purchase", "level": "phase", "dimension": "all", "segment": "all"}
    return frame(
        "transitions",
        [
            base | {"from_state": source, "to_state": target, "transition_count": n, "median_seconds": None
                    if source == "(start)" or target.startswith("(") else 3600.0,
                    "probability": n / leaving[source]}
            for (source, target), n in counts.items() if n
        ],
    )  # fmt: skip


def touchpoints() -> pl.DataFrame:
    rows, bought = [], 0
    for count, journeys in enumerate(BOUGHT, 1):
        bought += journeys
        shares = {"share": journeys / 231, "cumulative_share": bought / 231}
        row = {"dimension": "all", "segment": "all", "touchpoint_count": count, "journeys": journeys}
        if journeys:
            rows.append(row | shares)
    assert bought == 231
    return frame("touchpoints_before_purchase", rows)


def kpis(is_mature: bool, has_purchases: bool) -> pl.DataFrame:
    converted = 231 if has_purchases else 0
    rate = wilson(187 if has_purchases else 0, 7967) if is_mature else (None, None, None)
    row = {"dimension": "all", "segment": "all", "journeys": 10009 + converted, "converted": converted}
    row |= {"dropped_off": 8781, "still_open": 1228, "mature_journeys": 8120 if is_mature else 0}
    row |= dict(zip(("conversion_rate", "conversion_low", "conversion_high"), rate, strict=True))
    if has_purchases:
        row |= {"median_touchpoints_before_purchase": 7.0, "median_seconds_to_purchase": 276480.0}
    return frame("kpis", [row])


def touchpoint_metrics() -> pl.DataFrame:
    row = {"contacts": 9, "journeys": 9, "decided": 0, "converted": 0}
    whose = [("all", "all", 0.4), ("persona", "phones", 0.9), ("persona", "(none)", 0.0004)]
    return frame(
        "touchpoint_metrics",
        [
            row | {"dimension": of, "segment": name, "phase": phase, "touchpoint": f"{phase}_1", "share": share}
            for of, name, share in whose
            for phase in PHASES
        ],
    )


def journey_map(is_mature: bool) -> pl.DataFrame:
    rows: list[dict[str, object]] = []
    for of, name in (("all", "all"), ("persona", "phones")):
        for index, phase in enumerate(PHASES, 1):
            cell = {"dimension": of, "segment": name, "phase_index": index, "phase": phase}
            rows += [cell | row for row in _told(index - 1, is_mature)]
    return frame("journey_map", rows)


def _told(index: int, is_mature: bool) -> list[dict[str, object]]:
    reached, _, _, progressed, dropped, still_open, stopped = COUNTS[index]
    counts = {"reached": reached, "progressed": progressed, "stopped": stopped, "still_open": still_open}
    flow = counts | {"dropped_off": dropped, "drop_off_rate": 0.31 if is_mature and index < 5 else None}
    lever = {"aspect": "levers", "unit": "purchases", "value": 12.4, "journeys": dropped, "revenue": 12345.6}
    gap = {"aspect": "gaps", "unit": "share", "value": 0.12, "journeys": 45.0, "item_dimension": "device_category"}
    point = f"{PHASES[index]}_1"
    return [
        {"aspect": "contacts", "rank": 1, "item": point, "value": 0.61, "unit": "share", "journeys": 9},
        *(
            {"aspect": "flow", "rank": n, "item": k, "value": v, "unit": "journeys"}
            for n, (k, v) in enumerate(flow.items())
        ),
        {"aspect": "time", "rank": 1, "item": "km_median_dwell_seconds", "value": DWELLS[index][6], "unit": "seconds"},
        *(_felt() if index == 4 else []),
        {"aspect": "channels", "rank": 1, "item": "Direct", "value": 0.7, "unit": "share", "journeys": 9},
        {"aspect": "channels", "rank": 4, "item": "(other)", "value": 0.3, "unit": "share", "journeys": 4},
        *([lever | {"rank": 1, "item": point}] if is_mature else []),
        *({"aspect": "owners", "rank": n, "item": f"Owner {n}", "value": 0.2, "unit": "share"} for n in range(1, 6)),
        gap | {"rank": 1, "item": "mobile"},
    ]


def _felt() -> list[dict[str, object]]:
    told = {"nps": -0.126, "nps_mean_score": 7.25, "answers": 40, "csat_mean_score": 4.0, "answers_withheld": 9}
    units = {"answers": "answers", "answers_withheld": "answers"}
    return [
        {"aspect": "feelings", "rank": n, "item": item, "value": value, "unit": units.get(item, "score")}
        for n, (item, value) in enumerate(told.items(), 1)
    ]


def levers(is_mature: bool) -> pl.DataFrame:
    """Most is won in the second phase; the figures of a touchpoint are less than those of its phase."""
    rows: list[dict[str, object]] = []
    for index, phase in enumerate(PHASES[:-1] if is_mature else ()):
        extra = 30.0 / (1 + abs(index - 1))
        for level, state, part in (("phase", phase, 1), *(("touchpoint", f"{phase}_{n}", n + 1) for n in (1, 2))):
            told = {"extra_purchases": extra / part, "low": extra / part / 2, "high": extra / part * 1.5}
            row = {"dimension": "all", "segment": "all", "level": level, "state": state, "left_here": 400 // part}
            rows.append(row | told | {"extra_revenue": extra / part * 100})
    return frame("levers", rows)


def dwell_curves() -> pl.DataFrame:
    steps = [(0.0, 1.0), (30.0, 0.8), (7200.0, 0.5), (864000.0, 0.2)]
    row = {"dimension": "all", "segment": "all", "at_risk": 9, "moved": 1, "watch_ends": 0}
    return frame(
        "dwell_curves",
        [
            row | {"phase": phase, "seconds": seconds, "surviving": left}
            | {"surviving_low": left * 0.9, "surviving_high": min(left * 1.1, 1.0)}
            for phase in PHASES
            for seconds, left in steps
        ],
    )  # fmt: skip


def segments(is_mature: bool) -> pl.DataFrame:
    """Rows of kpis: devices, customers and personas."""
    names = [("device_category", name) for name in ("mobile", "desktop", "tablet")]
    names += [("customer", "prospect"), ("customer", "customer"), ("visitor", "new"), ("visitor", "returning")]
    names += [("persona", "phones"), ("persona", "(none)")]
    rate = dict(zip(("conversion_rate", "conversion_low", "conversion_high"), wilson(90, 4000), strict=True))
    return frame(
        "kpis",
        [
            {"dimension": of, "segment": name, "journeys": 5000 - n, "converted": 100 - n, "dropped_off": 3900}
            | {"still_open": 1000, "mature_journeys": 4100, "revenue": 900.0}
            | (rate if is_mature else {})
            for n, (of, name) in enumerate(names)
        ],
    )


def comparisons(is_mature: bool) -> pl.DataFrame:
    row = {"decided": 90, "happened": 9, "rate": 0.1, "other_decided": 90, "other_happened": 3, "other_rate": 0.03}
    told = [("device_category", "mobile", 0.04), ("customer", "prospect", -0.05)]
    rates = [row | {"figure": "conversion_rate", "phase": "", "dimension": d, "segment": s, "difference": difference}
             for d, s, difference in told]  # fmt: skip
    drop = row | {"figure": "drop_off_rate", "dimension": "channel", "segment": "Direct"}
    drops = [
        drop | {"phase": phase, "difference": 0.01 * n, "difference_low": 0.01 * n - 0.005}
        for n, phase in enumerate(PHASES[:5], 1)
    ]
    sure = {"adjusted_p_value": 0.001, "p_value": 0.0001, "is_significant": True}
    return frame("comparisons", [one | sure for one in (*rates, *drops)] if is_mature else [])


def channels(metrics: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows of phase_metrics and of kpis for two channels."""
    own = metrics.filter(pl.col("dimension") == "all").with_columns(dimension=pl.lit("channel"))
    names = ["Direct", "Organic Search"]
    kpi = {"dimension": "channel", "journeys": 9, "converted": 1, "dropped_off": 8, "still_open": 0}
    rows = [kpi | {"segment": name, "mature_journeys": 9} for name in names]
    return pl.concat([own.with_columns(segment=pl.lit(name)) for name in names]), frame("kpis", rows)


def sessions() -> pl.DataFrame:
    """As far as the page reads them: seven of ten are a phone's."""
    devices = ["mobile"] * 7 + ["desktop"] * 3
    return pl.DataFrame({"device_category": devices}, schema={"device_category": pl.String})


def handovers(has_purchases: bool) -> pl.DataFrame:
    """A fifth of the purchases are a phone's."""
    row = {"dimension": "device_category", "first": "mobile", "revenue": 900.0}
    rows = [row | {"buying": "mobile", "purchases": 46}, row | {"buying": "desktop", "purchases": 185}]
    return frame("handovers", rows if has_purchases else [])


def contacts_by() -> pl.DataFrame:
    row = {"dimension": "channel", "journeys": 50, "share": 0.5, "contacts": 50}
    values = [("Direct", 40), ("Organic Search", 14)]
    return frame(
        "contacts_by",
        [
            row | {"phase": phase, "value": value, "contacts_as_first": same}
            for phase in PHASES
            for value, same in values
        ],
    )


def page_exits() -> pl.DataFrame:
    rows = []
    for n in range(14):
        rate, low, high = wilson(40 - n, 90)
        row = {"page_path": f"/p/{n}", "sessions": 90, "exits": 50, "exit_rate": 50 / 90, "lost_exits": 40 - n}
        rows.append(row | {"lost_rate": rate, "lost_low": low, "lost_high": high, "lost_above_average": 6.5 - n})
    return frame("page_exits", rows)


def day_figures() -> pl.DataFrame:
    figures = {"sessions_started": ("sessions", 120.0), "journeys_started": ("journeys", 80.0)}
    figures |= {"conversions": ("touchpoints", 4.0), "revenue": ("touchpoints", 900.0)}
    days = [FACTS.first_day + timedelta(days=n) for n in range((FACTS.last_day - FACTS.first_day).days + 1)]
    return frame(
        "day_figures",
        [
            {"day": day, "table_name": of, "figure": name, "value": value + day.day % 3}
            | {"is_provisional": FACTS.last_day - day <= timedelta(days=3)}
            for day in days
            for name, (of, value) in figures.items()
        ],
    )


def restatements() -> pl.DataFrame:
    row = {"restated_at": datetime(2026, 2, 27), "table_name": "events", "why": "events_20260224.parquet"}
    names = ("events", "sessions_started", "conversions", "revenue")
    told = [{"figure": name, "before": 9.0, "after": 12.0} for name in names]
    return frame("restatements", [row | one | {"day": date(2026, 2, 24)} for one in told])


def cohorts(is_mature: bool) -> pl.DataFrame:
    days = [FACTS.first_day + timedelta(days=n) for n in range((FACTS.last_day - FACTS.first_day).days + 1)]
    row = {"journeys": 40, "mature_journeys": 40, "converted": 9, "dropped_off": 25, "still_open": 6, "revenue": 900.0}
    row |= {"mature_converted": 9, "mature_dropped_off": 25, "mature_still_open": 6}
    return frame("cohorts", [row | {"day": day} for day in days] if is_mature else [])


def currencies() -> pl.DataFrame:
    row = {"currency": "DKK", "is_own": True, "purchases": 231, "revenue": 900.0, "rated_share": 1.0}
    unrated = {"currency": "SEK", "is_own": False, "revenue_without_rate": 1234.0, "refund_without_rate": 50.0}
    return frame("currencies", [row, unrated])


def marts(
    is_mature: bool = True,
    has_purchases: bool = True,
    titles: list[str] | None = None,
    mature_window: float | None = 15,
    conversion: str = "purchase",
) -> dict[str, pl.DataFrame]:
    """The tables of the page, as a run over two months would give them."""
    figures = {"mature_window_days": mature_window, "events": 9000.0, "followed_share": 0.9}
    figures |= dict.fromkeys(QUALITY, 0.25)
    quality = [{"name": name, "value": value, "meaning": "What it means."} for name, value in figures.items()]
    metrics = phase_metrics(is_mature, has_purchases)
    of_channels, channel_kpis = channels(metrics)
    whole = kpis(is_mature, has_purchases)
    return {
        "lifecycle": lifecycle(titles or TITLES, conversion),
        "phase_metrics": pl.concat([metrics, of_channels]),
        "transitions": transitions(has_purchases),
        "touchpoints_before_purchase": touchpoints() if has_purchases else frame("touchpoints_before_purchase", []),
        "kpis": pl.concat([whole, segments(is_mature), channel_kpis]),
        "quality": frame("quality", quality),
        "currencies": currencies() if has_purchases else frame("currencies", []),
        "touchpoint_metrics": touchpoint_metrics(),
        "journey_map": journey_map(is_mature),
        "levers": levers(is_mature),
        "dwell_curves": dwell_curves(),
        "comparisons": comparisons(is_mature),
        "sessions": sessions(),
        "handovers": handovers(has_purchases),
        "contacts_by": contacts_by(),
        "page_exits": page_exits(),
        "day_figures": day_figures(),
        "restatements": restatements(),
        "cohorts": cohorts(is_mature),
        "loads": frame("loads", []),
    }


def empty_marts() -> dict[str, pl.DataFrame]:
    """The tables before any export was loaded: the lifecycle is known, all else is empty."""
    tables = {name: table.clear() for name, table in marts().items()}
    return tables | {"lifecycle": lifecycle(TITLES)}


def run_settings(facts: Facts) -> pl.DataFrame:
    """The row of that table, as far as the page's queries read it."""
    return pl.DataFrame({"currency": [facts.currency]}, schema={"currency": pl.String})


def report_of(tables: dict[str, pl.DataFrame], facts: Facts = FACTS) -> Report:
    """The report over these tables: the page's queries are asked of them in DuckDB."""
    with duckdb.connect() as connection:
        for statement in duckdb.extract_statements(read_sql("marts/macros")):
            connection.execute(statement)
        for name, table in tables.items():
            connection.register(name, table)
        connection.register("run_settings", run_settings(facts))
        answers = ask_of(connection, facts)
    return make_report(of_segment(tables, facts.segment), answers, facts)


def page_of(tables: dict[str, pl.DataFrame], facts: Facts = FACTS) -> str:
    """The page over these tables."""
    return report_of(tables, facts).page
