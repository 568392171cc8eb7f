"""Small random worlds as real Parquet exports: Hypothesis draws what happens, a few words at a time."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import assume
from hypothesis import strategies as st

from tests.reference.personas import PERSONAS

Row = dict[str, Any]
START = datetime(2025, 3, 28, 21, 30, tzinfo=UTC)  # summer time begins on the second day after
MICROSECOND = timedelta(microseconds=1)
PARAM = pa.struct(
    [
        ("key", pa.string()),
        (
            "value",
            pa.struct(
                [
                    ("string_value", pa.string()),
                    ("int_value", pa.int64()),
                    ("float_value", pa.float64()),
                    ("double_value", pa.float64()),
                ]
            ),
        ),
    ]
)
CAMPAIGN = pa.struct([("default_channel_group", pa.string())])
SCHEMA = pa.schema(
    [
        ("event_date", pa.string()),
        ("event_timestamp", pa.int64()),
        ("event_name", pa.string()),
        ("event_params", pa.list_(PARAM)),
        ("user_id", pa.string()),
        ("user_pseudo_id", pa.string()),
        ("stream_id", pa.string()),
        ("batch_page_id", pa.int64()),
        ("batch_event_index", pa.int64()),
        ("device", pa.struct([("category", pa.string()), ("web_info", pa.struct([("hostname", pa.string())]))])),
        ("geo", pa.struct([("country", pa.string())])),
        (
            "collected_traffic_source",
            pa.struct(
                [
                    ("manual_source", pa.string()),
                    ("manual_medium", pa.string()),
                    ("manual_campaign_name", pa.string()),
                    ("gclid", pa.string()),
                ]
            ),
        ),
        ("session_traffic_source_last_click", pa.struct([("cross_channel_campaign", CAMPAIGN)])),
        (
            "ecommerce",
            pa.struct(
                [
                    ("transaction_id", pa.string()),
                    ("purchase_revenue", pa.float64()),
                    ("refund_value", pa.float64()),
                ]
            ),
        ),
    ]
)

DEVICES = ("a", "a", "a", "a", "b", "b", "b", "c", "d", "00.0", None)
NAMES = (
    *("page_view", "page_view", "view_item", "view_item", "help", "scroll", "begin_checkout", "session_start", "login"),
    *(
        "purchase",
        "purchase T1",
        "purchase T1",
        "purchase T2",
        "refund T1",
        "refund T1",
        "refund T2",
        "refund",
        "survey_answer",
        "product_use",
    ),
)
PAUSES = ("same", "same", "micro", "5s", "60s", "gap", "gap+", "2h", "13h", "1d", "3d", "window", "window+", "33d")
FATES = (*("event",) * 12, "copied", "copied tomorrow", "late", "early", "far off", "nameless", "timeless", "dup later")
EXTRAS: tuple[tuple[str, Any], ...] = (
    *[("user_id", name) for name in ("eve", "eve", "eve", " eve ", "ada", " ", "", "Undefined", "0.0", "7", "7.0")],
    *[("stream_id", name) for name in ("1", "2")],
    *[("batch_page_id", number) for number in (1, 2)],
    *[("batch_event_index", number) for number in (1, 2)],
    *[("category", name) for name in ("mobile", "desktop")],
    *[("country", name) for name in ("Denmark", "Norway")],
    *[("hostname", name) for name in ("shop.dk",)],
    *[("manual", triple) for triple in (("google", "cpc", "k1"), ("news", None, "k2"), ("(direct)", "x", None))],
    *[("manual", triple) for triple in ((" ", "email", None), ("shop.dk", "referral", None), ("x", "Organic", "k1"))],
    *[("gclid", text) for text in ("x", "")],
    *[("group", name) for name in ("Email", "Display", "", " ")],
    *[("tid", name) for name in ("T1", "T1", "T1", "T2", "", " ", "(not set)")],
    *[("param:transaction_id", name) for name in ("T1", "T3")],
    *[("revenue", amount) for amount in (10.0, 0.1, 99.99, float("nan"))],
    *[("refund", amount) for amount in (10.0, 0.03, -3.3, -10.0)],
    *[("param:currency", code) for code in ("DKK", "DKK", " dkk ", "EUR", "Eur", "SEK", "NOK", "", "(not set)")],
    *[("param:source", name) for name in ("google", "facebook", "(Direct)", "", "www.SHOP.dk.", "kasse.shop.dk")],
    *[("param:source", name) for name in ("shop.dk:443", "dk", "Pay.com.", "news", "myshop.dk")],
    *[("param:medium", name) for name in ("cpc", "organic", "email", "referral")],
    *[("param:campaign", name) for name in ("k1", "k2", "shop sale")],
    *[("param:gclid", name) for name in ("x", "")],
    *[("param:fbclid", name) for name in ("y", " ")],
    ("param:msclkid", "z"),
    *[("param:ga_session_id", number) for number in (1, 1, 2, 3, "s2$o1", "many")],
    *[("param:ga_session_number", number) for number in (1, 2)],
    *[("param:engagement_time_msec", number) for number in (1, 5000, 9999, 10000, "4000", "NaN", 0.5)],
    *[("param:page_location", f"https://{page}") for page in ("shop.dk/p/1?x=1", "www.shop.dk:443/", "shop.dk/kurv#a")],
    *[("param:page_location", text) for text in ("https://kasse.shop.dk", "http://WWW.shop.dk./P/2", "", "shop.dk")],
    *[("param:score", number) for number in (0, 7, 9, 10, 11)],
    *[("param:survey", name) for name in ("nps", "csat")],
)


@dataclass(frozen=True)
class World:
    """Rows of each export file, and the settings that they are read with."""

    files: dict[str, list[Row]]
    settings: dict[str, Any] = field(default_factory=dict)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """Show Hypothesis the settings and a line for each row, without its nulls."""
        lines = [f"  {name}: {without_nulls(row)}" for name, rows in self.files.items() for row in rows]
        printer.text("\n".join([f"World {self.settings}", *lines]))

    def write(self, folder: Path, shuffle: Callable[[list[Row]], None] = lambda rows: None) -> list[Path]:
        """Write the files, their rows in whatever order."""
        folder.mkdir(parents=True)
        paths = []
        for name, rows in self.files.items():
            ordered = list(rows)
            shuffle(ordered)
            pq.write_table(pa.Table.from_pylist(ordered, SCHEMA), folder / name)
            paths.append(folder / name)
        return paths


RATES = Path(__file__).parent / "golden" / "rates.csv"
MONIES: tuple[dict[str, Any], ...] = (
    {"currency": "DKK", "exchange_rates": RATES},
    {"currency": "NOK", "exchange_rates": {"SEK": 0.65, "EUR": 11}},
    {"currency": "DKK"},
)
"""Choices of the property's currency, with rates of others; without any it is that of most purchases."""


def told_personas(names: tuple[str, ...]) -> dict[str, str]:
    """Personas of the reference as settings tell them."""
    return {name: PERSONAS[name][0] for name in names}


SETTINGS = st.fixed_dictionaries(
    {
        "timezone": st.sampled_from(["UTC", "Europe/Copenhagen", "America/Los_Angeles", "Asia/Kolkata"]),
        "identity": st.sampled_from(["stitched", "stitched", "device"]),
        "session_split": st.sampled_from([(), (), ("ga_session_id",), ("campaign",), ("ga_session_id", "campaign")]),
        "recent_weeks": st.sampled_from([1, 13]),
        "journey_window": st.sampled_from([1, 2, 7, 30, 60]).map(lambda days: timedelta(days=days)),
        "session_gap": st.sampled_from([1, 30, 240]).map(lambda minutes: timedelta(minutes=minutes)),
        "ignored_referrers": st.sampled_from([(), ("pay.com",), ("WWW.Pay.com", "news")]),
        "exclude": st.sampled_from([None, None, "event_name = 'scroll'"]),
        "personas": st.sampled_from([(), (), ("phones",), ("phones", "keen")]).map(told_personas),
    }
)
MONEY = st.sampled_from([{}, {}, *MONIES])
STEP = st.tuples(
    st.sampled_from(DEVICES),
    st.sampled_from(NAMES),
    st.sampled_from(PAUSES),
    st.lists(st.sampled_from(EXTRAS), max_size=5),
    st.sampled_from(FATES),
)


@st.composite
def worlds(draw: st.DrawFn, max_events: int = 30) -> World:
    """Draw a world: some steps of some devices, in one stream of time."""
    settings = draw(SETTINGS) | draw(MONEY)
    has_streams = draw(st.booleans())
    found: list[tuple[str, Row]] = []
    at = START
    size = draw(st.integers(1, max_events))
    for number, (device, name, pause, extras, fate) in enumerate(draw(st.lists(STEP, min_size=size, max_size=size))):
        at += length_of(pause, settings)
        kept = dict(extras) if has_streams else {key: value for key, value in extras if key != "stream_id"}
        found += rows_of(at, device, name, kept, fate, number, ZoneInfo(settings["timezone"]))
    files = {name: [row for _, row in rows] for name, rows in groupby(sorted(found, key=file_of), key=file_of)}
    whole = {name: rows for name, rows in files.items() if holds_an_event(name, rows)}
    assume(whole)
    return World(whole, settings)


def holds_an_event(name: str, rows: list[Row]) -> bool:
    """Whether a row of a file can be an event: one of which none can be is refused."""
    day = datetime.strptime(name[len("events_") :][:8], "%Y%m%d")
    return any(
        row["event_timestamp"] is not None
        and row["event_name"].strip()
        and abs((datetime.strptime(row["event_date"], "%Y%m%d") - day).days) <= 2
        for row in rows
    )


def without_nulls(value: Any) -> Any:
    """A value without the nulls of its structs."""
    if isinstance(value, dict):
        shorter = {key: without_nulls(inner) for key, inner in value.items()}
        return {key: inner for key, inner in shorter.items() if inner is not None} or None
    return [without_nulls(inner) for inner in value] if isinstance(value, list) else value


def file_of(named: tuple[str, Row]) -> str:
    """The file that a row stands in."""
    return named[0]


def length_of(pause: str, settings: dict[str, Any]) -> timedelta:
    """How long a pause is under these settings."""
    named = {"same": timedelta(0), "micro": MICROSECOND, "gap": settings["session_gap"]}
    named |= {"window": settings["journey_window"], "gap+": settings["session_gap"] + MICROSECOND}
    named["window+"] = settings["journey_window"] + MICROSECOND
    units = {"s": "seconds", "h": "hours", "d": "days"}
    return named[pause] if pause in named else timedelta(**{units[pause[-1]]: int(pause[:-1])})


def rows_of(
    at: datetime, device: str | None, name: str, extras: dict[str, Any], fate: str, number: int, zone: ZoneInfo
) -> list[tuple[str, Row]]:
    """What a step leaves in the exports: each row with the name of its file."""
    local = at.astimezone(zone).date()
    kind, _, transaction = name.partition(" ")
    sale = {"tid": transaction, "revenue": 9.99, "refund": 3.3} if transaction else {}
    row = to_row(at, device, kind, sale | extras, number, local)
    if fate == "nameless":
        row["event_name"] = " "
    if fate == "timeless":
        row["event_timestamp"] = None
    moved = {"late": 1, "early": -2, "far off": 3}.get(fate, 0)
    found = [(file_name(local + timedelta(days=moved), number), row)]
    if fate == "copied":
        found.append((file_name(local, number + 1), row))
    if fate == "dup later":
        found.append((file_name(local, number), row))
    if fate == "copied tomorrow":
        found.append((file_name(local + timedelta(days=1), number), row))
    return found


def file_name(day: date, shard: int) -> str:
    """One of two shards of a day."""
    return f"events_{day:%Y%m%d}{shard % 2:012}.parquet"


def to_row(at: datetime, device: str | None, name: str, extras: dict[str, Any], number: int, local: date) -> Row:
    """One row of an export; param n numbers it, so that content tells rows apart."""
    params = {key.removeprefix("param:"): value for key, value in extras.items() if key.startswith("param:")}
    manual = extras.get("manual", (None, None, None))
    return {
        "event_date": f"{local:%Y%m%d}",
        "event_timestamp": (at - datetime(1970, 1, 1, tzinfo=UTC)) // MICROSECOND,
        "event_name": name,
        "event_params": [param(key, value) for key, value in params.items()] + [param("n", number)],
        "user_pseudo_id": device,
        **{key: extras.get(key) for key in ("user_id", "stream_id", "batch_page_id", "batch_event_index")},
        "device": {"category": extras.get("category"), "web_info": {"hostname": extras.get("hostname")}},
        "geo": {"country": extras.get("country")},
        "collected_traffic_source": {
            **dict(zip(("manual_source", "manual_medium", "manual_campaign_name"), manual, strict=True)),
            "gclid": extras.get("gclid"),
        },
        "session_traffic_source_last_click": {"cross_channel_campaign": {"default_channel_group": extras.get("group")}},
        "ecommerce": {
            "transaction_id": extras.get("tid"),
            "purchase_revenue": extras.get("revenue"),
            "refund_value": extras.get("refund"),
        },
    }


def param(key: str, value: Any) -> Row:
    """A param with its value as GA4 types it."""
    kinds = {"string_value": str, "int_value": int, "double_value": float}
    typed = {name: value if type(value) is kind else None for name, kind in kinds.items()}
    return {"key": key, "value": {**typed, "float_value": None}}
