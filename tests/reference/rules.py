"""Which rule recognises which row. Evaluated by DuckDB, since the product evaluates the same SQL in Polars.

The hashed event_id and session_id are null here: a rule that asked for them could not be checked.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import pyarrow as pa

from tests.reference.values import Row

TEXT = [
    "event_name",
    "device_id",
    "user_id",
    "person_id",
    "page_location",
    "page_path",
    "page_title",
    "page_referrer",
    "source",
    "medium",
    "campaign",
    "device_category",
    "operating_system",
    "browser",
    "language",
    "country",
    "city",
    "hostname",
    "platform",
    "transaction_id",
    "currency",
    "search_term",
    "channel",
    "landing_page",
    "landing_path",
]
TYPES: dict[str, pa.DataType] = dict.fromkeys(TEXT, pa.string()) | {
    "event_date": pa.date32(),
    "occurred_at": pa.timestamp("us"),
    **dict.fromkeys(("event_id", "session_id", "ga_session_id", "item_count", "session_number"), pa.int64()),
    **dict.fromkeys(("engagement_seconds", "revenue", "refund", "score"), pa.float64()),
    **dict.fromkeys(("is_landing", "is_customer"), pa.bool_()),
}
OF_SESSION = [
    "channel",
    "source",
    "medium",
    "campaign",
    "landing_page",
    "landing_path",
    "hostname",
    "device_category",
    "operating_system",
    "browser",
    "language",
    "country",
    "city",
    "platform",
    "session_number",
    "is_customer",
]
OF_EVENT = [name for name in TYPES if name not in ("landing_page", "landing_path", "session_number")]


def first_that_holds(rules: list[Any], rows: list[Row], columns: list[str]) -> list[Any]:
    """For each row the first rule that holds, or null; a rule that gives null does not hold."""
    if not rules or not rows:
        return [None] * len(rows)
    params = sorted({name for rule in rules for name in re.findall(r"\bparam_(\w+)", rule.when)})
    arrays = {name: pa.array([row.get(name) for row in rows], TYPES[name]) for name in columns}
    arrays |= {f"param_{name}": pa.array([row["params"].get(name) for row in rows], pa.string()) for name in params}
    arrays["row_number"] = pa.array(range(len(rows)))
    cases = " ".join(f"when ({rule.when}) then {index}" for index, rule in enumerate(rules))
    with duckdb.connect() as connection:
        connection.register("rows", pa.table(arrays))
        query = f"select case {cases} end from rows order by row_number"
        return [None if index is None else rules[index] for (index,) in connection.execute(query).fetchall()]


def event_row(event: Row, session: Row, is_landing: bool, is_customer: bool | None) -> Row:
    """An event as the rules see it."""
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=event["at"])
    extra = {"occurred_at": moment.replace(tzinfo=None), "person_id": session["person_id"]}
    return event | extra | {"channel": session["channel"], "is_landing": is_landing, "is_customer": is_customer}


def session_row(session: Row, is_customer: bool) -> Row:
    """A session as the rules see it."""
    return session | {
        "session_number": session["device_session_number"],
        "is_customer": is_customer,
        "params": {},
    }
