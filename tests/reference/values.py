"""How one value is read from an export row: params, hosts, paths, numbers and texts."""

import math
import re
from typing import Any

Row = dict[str, Any]

PLACEHOLDERS = ("has_placeholder_user", "has_placeholder_device")
NOBODY = {"undefined", "null", "none", "nan", "anonymous", "(not set)", "guest", "unknown", "n/a", "false"}

SCHEME_AND_HOST = re.compile(r"^[A-Za-z][A-Za-z0-9+.\-]*://([^/?#]*)")


def field(row: Row | None, *path: str) -> Any:
    """The value at a path of nested fields; null where a part of it is absent or null."""
    value: Any = row
    for name in path:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value


def finite(value: Any) -> float | None:
    """A number; null for null, NaN, infinity and what does not read as a number."""
    if value is None or isinstance(value, bool):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def whole(value: Any) -> int | None:
    """A whole number, read without a detour over float where it is one or reads as one."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and re.fullmatch(r"\s*[+-]?\d+\s*", value):
        return int(value)
    number = finite(value)
    return int(number) if number is not None and number == int(number) else None


def is_blank(text: Any) -> bool:
    """Null, empty or nothing but white space."""
    return text is None or not str(text).strip()


def code_of(currency: Any) -> str | None:
    """The code of a currency in capitals, without blanks around it; null where none is named."""
    code = "" if currency is None else str(currency).strip().upper()
    return None if code in ("", "(NOT SET)") else code


def whole_text(text: Any) -> str | None:
    """A text; that of a number without a fraction of zero."""
    return None if text is None else re.sub(r"^([+-]?[0-9]+)\.0+$", r"\1", str(text))


def plain_id(text: Any) -> str | None:
    """An id without blanks around it; null where nothing is left."""
    return None if is_blank(text) else whole_text(str(text).strip())


def is_placeholder(text: Any) -> bool:
    """Whether an id names nobody: nothing but zeros, points and dashes, or a word for that."""
    found = plain_id(text)
    return found is not None and (not found.strip("0.-") or found.lower() in NOBODY)


def real_id(text: Any) -> str | None:
    """An id that names somebody: null for a placeholder."""
    return None if is_placeholder(text) else plain_id(text)


def first_entries(params: list[Row] | None) -> dict[str, Row]:
    """The first entry with each key."""
    found: dict[str, Row] = {}
    for entry in params or []:
        if entry and entry.get("key") is not None and entry["key"] not in found:
            found[entry["key"]] = entry.get("value") or {}
    return found


def text_of(value: Row) -> str | None:
    """The first of string, int, double, float that is set, as text."""
    for kind in ("string_value", "int_value", "double_value", "float_value"):
        if value.get(kind) is not None:
            return str(value[kind])
    return None


def number_of(value: Row) -> float | int | None:
    """The first of int, double, float that is set, or a string that reads as a number."""
    for kind in ("int_value", "double_value", "float_value"):
        if value.get(kind) is not None:
            return value[kind] if kind == "int_value" else finite(value[kind])
    text = value.get("string_value")
    exact = whole(text)
    return exact if exact is not None else finite(text)


def ga_session_id(value: Row) -> int | None:
    """GA4's session id, also out of a text such as s1747323152$o28$g0."""
    text = value.get("string_value")
    match = re.match(r"\s*s(\d+)", text) if isinstance(text, str) else None
    return int(match[1]) if match else whole(number_of(value))


def host_of(location: str | None) -> str | None:
    """The host of an address as it came, without port; null where there is none."""
    match = SCHEME_AND_HOST.match(location or "")
    if not match:
        return None
    host = match[1].rsplit("@", 1)[-1]
    return re.sub(r":\d*$", "", host) or None


def path_of(location: str | None) -> str | None:
    """The path of an address without query and fragment; / where it is empty."""
    if location is None:
        return None
    rest = SCHEME_AND_HOST.sub("", location, count=1)
    return re.split(r"[?#]", rest, maxsplit=1)[0] or "/"


def bare_host(host: str | None) -> str:
    """A host as hosts are compared: lower case, no port, no trailing dot, no leading www."""
    text = re.sub(r":\d*$", "", (host or "").strip().lower()).rstrip(".")
    return text.removeprefix("www.")


def is_same_site(one: str | None, other: str | None) -> bool:
    """Equal hosts, or one a subdomain of the other."""
    a, b = bare_host(one), bare_host(other)
    return bool(a and b) and (a == b or a.endswith("." + b) or b.endswith("." + a))
