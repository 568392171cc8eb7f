"""Reading the instants and days of an export, whatever type their columns have."""

from typing import Any

INSTANT = ("event_timestamp", "event_date")
"""The columns of an export that hold an instant or a day."""
LAST_SECOND = 4_102_444_800
"""The end of the year 2099."""
FIRST_SECOND = 1_000_000_000
"""September 2001: what lies between these two as seconds lies nowhere near as another unit."""
WRITTEN = r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(\.\d+)?( ?(UTC|Z|[+-]\d{2}(:?\d{2})?))?"


def microseconds(expression: str, kind: Any) -> str:
    """Write the expression that gives an instant as microseconds since 1970, UTC; null where it is none.

    Numbers may also be seconds, milliseconds or nanoseconds: a thousand times lie between them, so that the size of a
    number of this century tells its unit.

    Args:
        expression: over the column.
        kind: its type.
    """
    name = str(kind)
    if name.startswith("TIMESTAMP"):
        has_zone = "TZ" in name or "TIME ZONE" in name
        return f"epoch_us(TRY_CAST({expression} AS {'TIMESTAMPTZ' if has_zone else 'TIMESTAMP'}))"
    if name == "VARCHAR":
        number = f"coalesce(TRY_CAST({expression} AS BIGINT), TRY_CAST(TRY_CAST({expression} AS DOUBLE) AS BIGINT))"
        return f"coalesce({_by_size(number)}, {_of_text(expression)})"
    return _by_size(f"TRY_CAST({expression} AS BIGINT)")


def day_text(expression: str, kind: Any) -> str:
    """Write the expression that gives a day as text such as 20260131."""
    if str(kind).startswith(("DATE", "TIMESTAMP")):
        return f"strftime({expression}, '%Y%m%d')"
    return f"replace(TRY_CAST({expression} AS VARCHAR), '-', '')"


def _by_size(number: str) -> str:
    units = ((1_000_000, "* 1000000"), (1_000, "* 1000"), (0.001, "// 1000"))
    first, last = FIRST_SECOND * 1_000_000, LAST_SECOND * 1_000_000
    cases = "".join(
        f" WHEN {number} BETWEEN {round(first / unit)} AND {round(last / unit)} THEN {number} {factor}"
        for unit, factor in units
    )
    return f"CASE WHEN {number} BETWEEN {first} AND {last} THEN {number}{cases} ELSE {number} END"


def _of_text(words: str) -> str:
    """An instant that is written out; one without an offset is UTC."""
    offset = f"regexp_replace({words}, ' ?(UTC|Z)?$', '')"
    closed = f"regexp_replace({offset}, ' ([+-])', '\\1')"
    has_none = f"regexp_matches({closed}, '[T ]\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?$')"
    zoned = f"CASE WHEN {has_none} THEN {closed} || '+00' ELSE {closed} END"
    return f"CASE WHEN regexp_full_match({words}, '{WRITTEN}') THEN epoch_us(TRY_CAST({zoned} AS TIMESTAMPTZ)) END"
