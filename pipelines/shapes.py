"""Reading nested fields of other shapes than GA4 exports: as layers, maps, objects, pairs or text of JSON.

The type that was found decides, never a single value: what comes out is an expression over whole columns. Here is no
reading of files; what stands in a column of JSON is asked by `pipelines.conforming`.
"""

from typing import Any

import duckdb

from models.ga4 import PARAM_VALUE
from models.sql import quoted_name, quoted_text

NESTED = ("struct", "list", "map", "array", "union")
KEYS, VALUES = ("key", "name", "k"), ("value", "val", "v")
VALUE_NAMES = {
    "string_value": ("stringvalue", "string"),
    "int_value": ("intvalue", "integervalue", "int", "integer", "long"),
    "float_value": ("floatvalue", "float"),
    "double_value": ("doublevalue", "double"),
}
"""How the fields of a param's value may be called, in lower case and without underscores."""
WHOLE = ("tinyint", "smallint", "integer", "bigint", "utinyint", "usmallint", "uinteger", "ubigint")
BROKEN = ("float", "double", "decimal", "hugeint", "uhugeint")

Fields = dict[str, Any]


def is_shaped_like(found: Any, wanted: Any) -> bool:
    """Whether a type can be cast to a wanted one by the names of its fields, losing none that are known.

    >>> is_shaped_like(duckdb.sqltype("STRUCT(a BIGINT, new VARCHAR)"), duckdb.sqltype("STRUCT(a VARCHAR, b DATE)"))
    True
    >>> is_shaped_like(duckdb.sqltype("STRUCT(list STRUCT(a BIGINT)[])"), duckdb.sqltype("STRUCT(a VARCHAR)[]"))
    False
    """
    if wanted.id == "list":
        return found.id == "list" and is_shaped_like(child_of(found), child_of(wanted))
    if wanted.id != "struct":
        return found.id not in NESTED and not is_json(found)
    if found.id != "struct":
        return False
    have, want = dict(found.children), dict(wanted.children)
    known = [name for name in want if name in have]
    needed = [name for name in ("key", "value") if name in want]
    return (
        bool(known)
        and all(name in have for name in needed)
        and all(is_shaped_like(have[name], want[name]) for name in known if str(have[name]) != '"NULL"')
    )


def child_of(kind: Any) -> Any:
    """The type of a list's elements."""
    return dict(kind.children)["child"]


def is_json(kind: Any) -> bool:
    """Whether a type is that of JSON values."""
    return str(kind) == "JSON"


def is_text(kind: Any) -> bool:
    """Whether values of a type are text, which may be that of JSON."""
    return str(kind) in ("VARCHAR", "BLOB")


def read_as(expression: str, found: Any, wanted: Any) -> str:
    """Write the expression that reads a value of one shape as another; NULL where no way is known.

    Args:
        expression: over the value.
        found: its type.
        wanted: the type that it is to have.
    """
    return _read(expression, found, wanted) or f"NULL::{wanted}"


def _read(e: str, found: Any, wanted: Any) -> str | None:
    if wanted.id == "list":
        reader = _read_params if _is_entry(child_of(wanted)) else _read_records
        return reader(e, found, wanted)
    if wanted.id == "struct":
        return _read_value(e, found, wanted) if _is_value(wanted) else _read_record(e, found, wanted)
    return _read_scalar(e, found, wanted)


def _read_scalar(e: str, found: Any, wanted: Any) -> str | None:
    if is_json(found):
        return f"TRY_CAST({e} ->> '$' AS {wanted})"
    if found.id not in NESTED:
        return f"TRY_CAST({e} AS {wanted})"
    # A union of Avro's, or a record that was put around the value.
    if found.id == "struct" and len(found.children) == 1:
        name, kind = found.children[0]
        return _read(_field(e, name), kind, wanted)
    return None


def _read_record(e: str, found: Any, wanted: Any) -> str | None:
    if found.id == "struct":
        names = _matching(found, wanted)
        if names:
            return _packed(e, dict(found.children), wanted, names)
        return _read_only_field(e, found, wanted)
    if found.id == "map":
        parts = {name: _read(f"({e})['{name}']", dict(found.children)["value"], kind) for name, kind in wanted.children}
        return _struct(e, wanted, parts)
    if found.id == "list":
        entry = _entry_fields(child_of(found))
        if entry:
            return _record_of_entries(e, entry, found, wanted)
        inner = _read(f"{e}[1]", child_of(found), wanted)
        return inner and f"CASE WHEN len({e}) = 1 THEN {inner} END"  # more than one is no record
    return None


def _record_of_entries(e: str, entry: tuple[str, str], found: Any, wanted: Any) -> str:
    """A record that is written as a list of keys and values."""
    key, value = entry
    kinds = dict(child_of(found).children)
    at = f"list_transform({e}, LAMBDA r: {_field('r', key)}::VARCHAR)"
    parts = {}
    for name, kind in wanted.children:
        place = f"{_field(f'list_extract({e}, list_position({at}, ' + quoted_text(name) + '))', value)}"
        text = _read_value(place, kinds[value], duckdb.sqltype(PARAM_VALUE))
        parts[name] = f"TRY_CAST(text_of({text}) AS {kind})" if text and kind.id not in NESTED else None
    return _struct(e, wanted, parts)


def _read_records(e: str, found: Any, wanted: Any) -> str | None:
    if found.id in ("list", "array"):
        inner = _read("r", child_of(found), child_of(wanted))
        return inner and f"list_transform({e}, LAMBDA r: {inner})"
    if found.id == "struct":
        if _matching(found, child_of(wanted)):
            inner = _read(e, found, child_of(wanted))
            return inner and f"CASE WHEN {e} IS NOT NULL THEN [{inner}] END"
        return _read_only_field(e, found, wanted)
    return None


def _read_params(e: str, found: Any, wanted: Any) -> str | None:
    if found.id == "map":
        entries = f"map_entries({e})"
        return _read_params(entries, duckdb.list_type(_struct_type(**dict(found.children))), wanted)
    if found.id in ("list", "array"):
        return _read_param_list(e, child_of(found), wanted)
    if found.id != "struct":
        return None
    fields = _entry_fields(found)
    if fields:
        key, value = (dict(found.children)[name] for name in fields)
        one, other = (_field(e, name) for name in fields)
        if key.id == "list" and value.id == "list":  # a column of keys beside a column of values
            zipped = f"list_transform(list_zip({one}, {other}), LAMBDA z: {{'key': z[1], 'value': z[2]}})"
            return _read_param_list(zipped, _struct_type(key=child_of(key), value=child_of(value)), wanted)
        return _read_param_list(f"CASE WHEN {e} IS NOT NULL THEN [{e}] END", found, wanted)
    return _read_only_field(e, found, wanted) or _params_of_object(e, found, wanted)


def _read_param_list(e: str, child: Any, wanted: Any) -> str | None:
    value_type = dict(child_of(wanted).children)["value"]
    if child.id in ("list", "array") and child_of(child).id not in NESTED:  # pairs
        pair = f"{{'key': p[1]::VARCHAR, 'value': {_read_value('p[2]', child_of(child), value_type)}}}"
        return f"list_transform({e}, LAMBDA p: {pair})"
    if child.id != "struct":
        return None
    fields = _entry_fields(child)
    if fields:
        kinds = dict(child.children)
        value = _read_value(_field("p", fields[1]), kinds[fields[1]], value_type)
        if value is None:
            return None
        return f"list_transform({e}, LAMBDA p: {{'key': {_field('p', fields[0])}::VARCHAR, 'value': {value}}})"
    if len(child.children) == 1 and child.children[0][1].id in NESTED:
        name, kind = child.children[0]
        return _read_param_list(f"list_transform({e}, LAMBDA w: {_field('w', name)})", kind, wanted)
    each = _params_of_object("o", child, wanted)
    return each and f"flatten(list_transform({e}, LAMBDA o: {each}))"


def _params_of_object(e: str, found: Any, wanted: Any) -> str | None:
    """One param for each field that is set of an object of keys and values."""
    value_type = dict(child_of(wanted).children)["value"]
    entries = []
    for name, kind in found.children:
        value = _read_value(_field(e, name), kind, value_type)
        if value is None:
            return None
        entries.append(
            f"CASE WHEN {_field(e, name)} IS NOT NULL THEN {{'key': {quoted_text(name)}, 'value': {value}}} END"
        )
    listed = f"list_filter([{', '.join(entries)}], LAMBDA f: f IS NOT NULL)"
    return f"CASE WHEN {e} IS NOT NULL THEN {listed} END"


def _read_value(e: str, found: Any, wanted: Any) -> str | None:
    """The value of a param: a record of typed values, or just a value."""
    if found.id == "struct":
        names = {want: name for want in dict(wanted.children) for name, _ in found.children if _is_called(name, want)}
        if names:
            return _packed(e, dict(found.children), wanted, names)
        parts = [(_field(e, name), _read_value(_field(e, name), kind, wanted)) for name, kind in found.children]
        cases = " ".join(f"WHEN {field} IS NOT NULL THEN {value}" for field, value in parts if value)
        return f"CASE {cases} END" if cases else None
    if is_json(found):
        return _read_json_value(e, wanted)
    kind, form = str(found).lower().partition("(")[0], None
    if found.id in NESTED:  # kept as text of JSON
        form, e = "string_value", f"CASE WHEN {e} IS NOT NULL THEN to_json({e}) ->> '$' END"
    elif kind in WHOLE:
        form = "int_value"
    elif kind in BROKEN:
        form = "double_value"
    parts_of = {name: (e if name == (form or "string_value") else None) for name, _ in wanted.children}
    casts = {name: f"TRY_CAST({part} AS {dict(wanted.children)[name]})" for name, part in parts_of.items() if part}
    return _struct(e, wanted, {**dict.fromkeys(parts_of), **casts})


def _read_json_value(e: str, wanted: Any) -> str:
    """The value of a param that is a record in some rows and just a value in others."""
    typed = {
        name: f"TRY_CAST(coalesce({', '.join(f'{e} ->> {quoted_text(one)}' for one in ways)}) AS {kind})"
        for name, kind in wanted.children
        for ways in [(name, *VALUE_NAMES.get(name, ()))]
    }
    plain = {
        "string_value": f"CASE WHEN json_type({e}) NOT IN ('BIGINT', 'UBIGINT', 'DOUBLE', 'NULL') THEN {e} ->> '$' END",
        "int_value": f"CASE WHEN json_type({e}) IN ('BIGINT', 'UBIGINT') THEN TRY_CAST({e} ->> '$' AS BIGINT) END",
        "double_value": f"CASE WHEN json_type({e}) = 'DOUBLE' THEN TRY_CAST({e} ->> '$' AS DOUBLE) END",
    }
    known = f"coalesce({', '.join(f'{part}::VARCHAR' for part in typed.values())}) IS NOT NULL"
    is_record = f"json_type({e}) = 'OBJECT' AND {known}"
    whole = {name: plain.get(name) for name, _ in wanted.children}
    return f"CASE WHEN {is_record} THEN {_struct(e, wanted, dict(typed))} ELSE {_struct(e, wanted, whole)} END"


def _read_only_field(e: str, found: Any, wanted: Any) -> str | None:
    """Read what stands in the one field of a record that was put around it."""
    if len(found.children) != 1 or found.children[0][1].id not in NESTED:
        return None
    name, kind = found.children[0]
    return _read(_field(e, name), kind, wanted)


def _packed(e: str, kinds: Fields, wanted: Any, names: dict[str, str]) -> str:
    parts = {
        name: _read(_field(e, names[name]), kinds[names[name]], kind) if name in names else None
        for name, kind in wanted.children
    }
    return _struct(e, wanted, parts)


def _struct(e: str, wanted: Any, parts: dict[str, str | None]) -> str:
    fields = ", ".join(f"{quoted_name(name)} := {parts[name] or f'NULL::{kind}'}" for name, kind in wanted.children)
    return f"CASE WHEN {e} IS NOT NULL THEN struct_pack({fields}) END"


def _struct_type(**fields: Any) -> Any:
    return duckdb.struct_type(fields)


def _matching(found: Any, wanted: Any) -> dict[str, str]:
    """The fields of a record that are known: the found name by the wanted one."""
    have = {_bare(name): name for name, _ in found.children}
    return {name: have[_bare(name)] for name, _ in wanted.children if _bare(name) in have}


def _entry_fields(kind: Any) -> tuple[str, str] | None:
    """The names of key and value in an entry; None where a type is no entry's."""
    if kind.id != "struct" or len(kind.children) > 3:
        return None
    have = {_bare(name): name for name, _ in kind.children}
    key, value = (next((have[name] for name in names if name in have), None) for names in (KEYS, VALUES))
    return (key, value) if key and value else None


def _is_entry(kind: Any) -> bool:
    return kind.id == "struct" and {"key", "value"} <= dict(kind.children).keys()


def _is_value(kind: Any) -> bool:
    return "string_value" in dict(kind.children)


def _is_called(name: str, wanted: str) -> bool:
    return _bare(name) in VALUE_NAMES.get(wanted, (_bare(wanted),))


def _bare(name: str) -> str:
    return name.lower().replace("_", "")


def _field(e: str, name: str) -> str:
    return f"({e}).{quoted_name(name)}"
