"""Differences between two tables, in words."""

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

MICROSECOND = timedelta(microseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def plain(value: Any) -> Any:
    """A value as the two sides can share it: instants as microseconds, lists of plain values."""
    if isinstance(value, datetime):
        moment = value if value.tzinfo else value.replace(tzinfo=UTC)
        return (moment - EPOCH) // MICROSECOND
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    return value


def is_same(one: Any, other: Any, tolerance: float) -> bool:
    """Equal, or numbers as close as rounding leaves them."""
    one, other = plain(one), plain(other)
    if isinstance(one, float) or isinstance(other, float):
        if not isinstance(one, int | float) or not isinstance(other, int | float):
            return False
        return math.isclose(one, other, rel_tol=tolerance, abs_tol=tolerance)
    return bool(one == other)


def index(rows: Iterable[Mapping[str, Any]], keys: Sequence[str], side: str) -> tuple[dict[Any, Any], list[str]]:
    """Rows by their key, and a complaint for every key that comes twice."""
    found: dict[Any, Any] = {}
    complaints = []
    for row in rows:
        key = tuple(plain(row[name]) for name in keys)
        if key in found:
            complaints.append(f"{side} has {describe(keys, key)} twice")
        found[key] = row
    return found, complaints


def describe(keys: Sequence[str], key: Sequence[Any]) -> str:
    """A key in words."""
    return ", ".join(f"{name}={value!r}" for name, value in zip(keys, key, strict=True))


def compare(
    reference_rows: Iterable[Mapping[str, Any]],
    actual_rows: Iterable[Mapping[str, Any]],
    keys: Sequence[str],
    columns: Sequence[str] | None = None,
    tolerance: float = 1e-9,
) -> list[str]:
    """What differs between two tables, a line each; nothing where they agree.

    Args:
        reference_rows: the rows expected.
        actual_rows: the rows found.
        keys: the columns that name a row on both sides.
        columns: the columns to compare; without them, all that both sides have.
        tolerance: how far two floats may lie apart, relative and absolute.
    """
    expected, differences = index(reference_rows, keys, "the reference")
    found, more = index(actual_rows, keys, "the actual table")
    differences += more
    differences += [f"missing: {describe(keys, key)}" for key in expected if key not in found]
    differences += [f"not expected: {describe(keys, key)}" for key in found if key not in expected]
    for key in (key for key in expected if key in found):
        shared = columns or [name for name in expected[key] if name in found[key] and name not in keys]
        for name in shared:
            one, other = expected[key][name], found[key][name]
            if not is_same(one, other, tolerance):
                differences.append(f"{describe(keys, key)}: {name} should be {one!r}, is {other!r}")
    return differences
