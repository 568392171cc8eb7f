"""Section 1 of the definitions: from rows of export files to events, loads and quarantine."""

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pyarrow.parquet as pq

from tests.reference import values
from tests.reference.currency import Rate, convert
from tests.reference.values import Row, field, finite, is_blank, whole

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
FILE_NAME = re.compile(r"events_(intraday_|fresh_)?(\d{8})")
CLICK_IDS = ("gclid", "wbraid", "gbraid", "msclkid", "dclid", "fbclid")
NATURAL_ORDER = [
    "session_start",
    "first_visit",
    "page_view",
    "view_promotion",
    "select_promotion",
    "view_search_results",
    "view_item_list",
    "select_item",
    "view_item",
    "add_to_wishlist",
    "add_to_cart",
    "remove_from_cart",
    "view_cart",
    "begin_checkout",
    "add_shipping_info",
    "add_payment_info",
    "purchase",
    "refund",
]
RANK = {name: rank for rank, name in enumerate(NATURAL_ORDER)}


def read_exports(
    paths: Iterable[str | Path],
    timezone: str,
    exclude: str | None = None,
    currency: str | None = None,
    rates: Mapping[str, float] | Sequence[Rate] = (),
) -> tuple[list[Row], list[Row], list[Row]]:
    """Read Parquet files into events, loads and quarantine; fail where a row got lost."""
    events: list[Row] = []
    loads: list[Row] = []
    quarantine: list[Row] = []
    seen: dict[date, set[str]] = {}
    for path, day, is_final in choose_files(paths):
        rows = pq.ParquetFile(path).read().to_pylist()
        left_out = excluded_rows(path, exclude, len(rows))
        load: Row = {
            "source_file": Path(path).name,
            "export_day": day,
            "is_final": is_final,
            "rows_read": len(rows),
        }
        load |= {"events": 0, "duplicates": 0, "quarantined": 0, "excluded": 0}
        for number, (row, is_excluded) in enumerate(zip(rows, left_out, strict=True), 1):
            fate = sort_row(row, is_excluded, day, timezone, seen.setdefault(day, set()))
            if fate == "events":
                events.append(to_event(row, day, timezone) | {"source_file": load["source_file"]})
            elif fate not in load:
                quarantine.append(reject(row, fate, load, number))
                fate = "quarantined"
            load[fate] += 1
        assert load["rows_read"] == sum(load[k] for k in ("events", "duplicates", "quarantined", "excluded"))
        loads.append(load)
    tell_streams_apart(events)
    convert(events, currency, rates)
    return events, loads, quarantine


def choose_files(paths: Iterable[str | Path]) -> list[tuple[str, date, bool]]:
    """File, export day and finality, by file name; an unfinished day gives way to its daily table."""
    found = []
    for path in sorted(paths, key=lambda path: Path(path).name):
        match = FILE_NAME.search(Path(path).name)
        day = datetime.strptime(match[2], "%Y%m%d").date() if match else day_inside(path)
        found.append((str(path), day, not (match and match[1])))
    finished = {day for _, day, is_final in found if is_final}
    return [file for file in found if file[2] or file[1] not in finished]


def day_inside(path: str | Path) -> date:
    """The export day of a file whose name has none: its first event_date."""
    query = "select event_date from read_parquet(?) where event_date is not null limit 1"
    return datetime.strptime(duckdb.execute(query, [str(path)]).fetchall()[0][0], "%Y%m%d").date()


def excluded_rows(path: str, exclude: str | None, count: int) -> list[bool]:
    """Whether each row of a file is left out by the setting."""
    if exclude is None:
        return [False] * count
    rows = "read_parquet(?, file_row_number = true) order by file_row_number"
    query = f"select coalesce(({exclude}), false) from {rows}"
    return [bool(flag) for (flag,) in duckdb.execute(query, [path]).fetchall()]


def sort_row(row: Row, is_excluded: bool, day: date, timezone: str, seen: set[str]) -> str:
    """The fate of a row: a reason for quarantine, else duplicates, else excluded, else events."""
    reason = flaw(row, day, timezone)
    if reason:
        return reason
    content = canonical(row)
    if content in seen:
        return "duplicates"
    seen.add(content)
    return "excluded" if is_excluded else "events"


def flaw(row: Row, day: date, timezone: str) -> str | None:
    """Why a row cannot be an event, if it cannot."""
    moment = whole(row.get("event_timestamp"))
    if moment is None:
        return "no event_timestamp"
    if is_blank(row.get("event_name")):
        return "no event_name"
    try:
        local = local_day(moment, timezone)
    except OverflowError:
        return "far from the export day"
    return "far from the export day" if abs((local - day).days) > 2 else None


def reject(row: Row, reason: str, load: Row, number: int) -> Row:
    """The row as quarantine keeps it."""
    content = json.dumps(row, default=str)
    return {"source_file": load["source_file"], "row_number": number, "reason": reason, "content": content}


def canonical(row: Row) -> str:
    """The content of a row as text, the same for rows equal in every field, absent or null."""
    return json.dumps(without_nulls(row), sort_keys=True, default=str)


def without_nulls(value: Any) -> Any:
    """A value without the null fields of its structs; whole floats as ints, so that 1 equals 1.0."""
    if isinstance(value, dict):
        kept = {key: without_nulls(inner) for key, inner in value.items() if inner is not None}
        return {key: inner for key, inner in kept.items() if inner != {}}
    if isinstance(value, list):
        return [without_nulls(inner) for inner in value]
    if isinstance(value, float) and math.isfinite(value) and value == int(value):
        return int(value)
    return value


def to_event(row: Row, day: date, timezone: str) -> Row:
    """A row of an export as an event; `at` is the microsecond in UTC."""
    params = values.first_entries(row.get("event_params"))
    texts = {key: values.text_of(value) for key, value in params.items()}
    numbers = {key: values.number_of(params[key]) for key in NUMBERS if key in params}
    at = whole(row["event_timestamp"])
    assert at is not None
    event = {
        "at": at,
        "event_name": row["event_name"],
        "params": texts,
        "export_day": day,
        "content": canonical(row),
    }
    event["event_date"] = event_date(row, at, timezone)
    event |= {
        "device_id": values.real_id(row.get("user_pseudo_id")),
        "user_id": values.real_id(row.get("user_id")),
        "stream_id": values.plain_id(row.get("stream_id")),
        "has_placeholder_user": values.is_placeholder(row.get("user_id")),
        "has_placeholder_device": values.is_placeholder(row.get("user_pseudo_id")),
    }
    for name in ("batch_page_id", "batch_ordering_id", "batch_event_index"):
        event[name] = whole(row.get(name) if row.get(name) is not None else numbers.get(name))
    event["ga_session_id"] = values.ga_session_id(params.get("ga_session_id", {}))
    event["ga_session_number"] = whole(numbers.get("ga_session_number"))
    return event | page(row, texts) | traffic(row, texts) | place(row) | money(row, texts, numbers)


NUMBERS = (
    *("batch_page_id", "batch_ordering_id", "batch_event_index"),
    *("ga_session_number", "engagement_time_msec", "score"),
)


def event_date(row: Row, at: int, timezone: str) -> date:
    """The exported local day, else that of the timestamp."""
    try:
        return datetime.strptime(str(row.get("event_date")), "%Y%m%d").date()
    except ValueError:
        return local_day(at, timezone)


def local_day(at: int, timezone: str) -> date:
    """The local day of a microsecond."""
    return (EPOCH + at * MICROSECOND).astimezone(ZoneInfo(timezone)).date()


def page(row: Row, texts: dict[str, str | None]) -> Row:
    """Where the event happened on the site."""
    location = texts.get("page_location")
    exported = field(row, "device", "web_info", "hostname"), field(row, "event_dimensions", "hostname")
    return {
        "page_location": location,
        "page_path": values.path_of(location),
        "page_title": texts.get("page_title"),
        "page_referrer": texts.get("page_referrer"),
        "search_term": texts.get("search_term"),
        "hostname": next((host for host in exported if host is not None), values.host_of(location)),
    }


def traffic(row: Row, texts: dict[str, str | None]) -> Row:
    """Source, medium and campaign of the event, together from one place; click id; exported channel group."""
    manual = row.get("collected_traffic_source")
    if is_named(field(manual, "manual_source")):
        names = ("manual_source", "manual_medium", "manual_campaign_name")
        source, medium, campaign = (field(manual, name) for name in names)
    else:
        source, medium, campaign = (texts.get(name) for name in ("source", "medium", "campaign"))
    collected = {name: field(manual, name) for name in ("gclid", "dclid")}
    clicked = (name for name in CLICK_IDS if not is_blank(collected.get(name)) or not is_blank(texts.get(name)))
    group = ("session_traffic_source_last_click", "cross_channel_campaign", "default_channel_group")
    return {
        "source": source,
        "medium": medium,
        "campaign": campaign,
        "click_id": next(clicked, None),
        "default_channel_group": None if is_blank(field(row, *group)) else field(row, *group).strip(),
    }


def is_named(source: Any) -> bool:
    """A source is there and is not (direct)."""
    return not is_blank(source) and str(source).strip().lower() != "(direct)"


def place(row: Row) -> Row:
    """Device and place."""
    browser = field(row, "device", "web_info", "browser")
    return {
        "device_category": field(row, "device", "category"),
        "operating_system": field(row, "device", "operating_system"),
        "browser": browser if browser is not None else field(row, "device", "browser"),
        "language": field(row, "device", "language"),
        "country": field(row, "geo", "country"),
        "city": field(row, "geo", "city"),
        "platform": row.get("platform"),
    }


def money(row: Row, texts: dict[str, str | None], numbers: Row) -> Row:
    """Transaction, money, engagement and score."""
    transaction = field(row, "ecommerce", "transaction_id")
    engagement = finite(numbers.get("engagement_time_msec"))
    return {
        "transaction_id": values.whole_text(transaction if transaction is not None else texts.get("transaction_id")),
        "revenue_as_exported": finite(field(row, "ecommerce", "purchase_revenue")),
        "refund_as_exported": finite(field(row, "ecommerce", "refund_value")),
        "currency": texts.get("currency"),
        "item_count": whole(field(row, "ecommerce", "total_item_quantity")),
        "engagement_seconds": None if engagement is None else engagement / 1000,
        "score": finite(numbers.get("score")),
    }


def tell_streams_apart(events: list[Row]) -> None:
    """Put the stream into device_id where more than one is loaded."""
    if len({event["stream_id"] for event in events if event["stream_id"] is not None}) > 1:
        for event in events:
            if event["device_id"] is not None and event["stream_id"] is not None:
                event["device_id"] = f"{event['device_id']}@{event['stream_id']}"


def event_order(event: Row) -> tuple[Any, ...]:
    """The order of a device's events."""
    batch = ((event[n] is not None, event[n] or 0) for n in ("batch_page_id", "batch_ordering_id", "batch_event_index"))
    name = event["event_name"]
    return (event["at"], *batch, RANK.get(name, len(RANK)), name, event["content"])


def as_of(events: Sequence[Row], loads: Sequence[Row], timezone: str) -> datetime:
    """The end of the last export day that holds an event of that day, in the property's time zone, as a UTC instant.

    Where no day does it is the last one loaded.
    """
    local = {(event["export_day"], local_day(event["at"], timezone)) for event in events}
    days = sorted({load["export_day"] for load in loads})
    last = next((day for day in reversed(days) if (day, day) in local), days[-1])
    return datetime.combine(last + timedelta(days=1), time(), ZoneInfo(timezone)).astimezone(UTC)
