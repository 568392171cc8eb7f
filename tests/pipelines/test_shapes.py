"""Nested fields of other shapes than GA4 exports: they are read, or the file is refused; never half of them."""

import json
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.exports import ExportError
from tests.exports_by_hand import DAY, MIDNIGHT, row

LINES = "events_20210101.json"
REAL_DAY = Path(__file__).parents[3] / "shared" / "data" / "ga4_sample" / "events_20210123.parquet"
TYPED = [
    {"key": "page_location", "value": {"string_value": "https://shop.example/p"}},
    {"key": "ga_session_id", "value": {"int_value": 1700000000}},
    {"key": "engagement_time_msec", "value": {"double_value": 2500.0}},
]
PLAIN = {"page_location": "https://shop.example/p", "ga_session_id": 1700000000, "engagement_time_msec": 2500.0}
MONEY = {"transaction_id": "T1", "purchase_revenue": 10.0}
TEXTS = {key: str(value) for key, value in PLAIN.items()}
STRINGS = [{"key": key, "value": {"string_value": value}} for key, value in TEXTS.items()]
PARAMS = {
    "layers of list and element": {"list": [{"element": entry} for entry in TYPED]},
    "layers of array": {"array": [{"array_element": entry} for entry in TYPED]},
    "text of JSON": json.dumps(TYPED),
    "text of an object": json.dumps(PLAIN),
    "text within text": json.dumps(json.dumps(TYPED)),
    "texts of entries": [json.dumps(entry) for entry in TYPED],
    "an object": PLAIN,
    "objects": [{key: value} for key, value in PLAIN.items()],
    "key and a bare value": [{"key": key, "value": value} for key, value in TEXTS.items()],
    "other case": [{"Key": key, "Value": {"stringValue": value}} for key, value in TEXTS.items()],
    "a column of keys and one of values": {"key": list(TEXTS), "value": [{"string_value": v} for v in TEXTS.values()]},
    "unions": [{"key": key, "value": {"string": value}} for key, value in TEXTS.items()],
    "pairs": [[key, value] for key, value in TEXTS.items()],
}
RECORDS = {
    "text of JSON": json.dumps(MONEY),
    "a list of one": [MONEY],
    "layers": {"list": [{"element": MONEY}]},
    "key and value": [{"key": key, "value": str(value)} for key, value in MONEY.items()],
    "key and typed value": [
        {"key": "transaction_id", "value": {"string_value": "T1", "double_value": None}},
        {"key": "purchase_revenue", "value": {"string_value": None, "double_value": 10.0}},
    ],
}
ITEMS = {
    "layers of list and element": {"list": [{"element": {"item_name": "Sock", "quantity": 2}}]},
    "text of JSON": json.dumps([{"item_name": "Sock", "quantity": 2}]),
    "texts of JSON": [json.dumps({"item_name": "Sock", "quantity": 2})],
    "a single record": {"item_name": "Sock", "quantity": 2},
}
UNREADABLE = [
    ("event_params", 5),
    ("event_params", "no JSON"),
    ("event_params", [7, 8]),
    ("ecommerce", {"kr": 5, "id": "T"}),
    ("ecommerce", [{"transaction_id": "T1"}, {"transaction_id": "T2"}]),
    ("items", [{"sku": 5, "titel": "Sok"}]),
    ("geo", "DK"),
    ("device", {"kind": "phone", "size": 5}),
]
NOTHING = [None, "", "[]", "{}", "null", "[null]"]
AS_LINES = pytest.mark.parametrize("as_lines", [False, True], ids=["parquet", "lines"])


def write(build, as_lines, day, **fields):
    """Write a day of two rows, of which the second has none of the fields, as Parquet or as lines of JSON."""
    rows = [row((day - 1) * 86400 + second) for second in (0, 1)]
    rows[0] |= fields
    name = f"events_202101{day:02}"
    if as_lines:
        (build.exports / f"{name}.json").write_text("".join(json.dumps(one) + "\n" for one in rows))
    else:
        columns = {name: pa.array([one.get(name) for one in rows]) for name in rows[0]}
        pq.write_table(pa.table(columns), build.exports / f"{name}.parquet")


def load_a_day_each(build, as_lines, field, shapes):
    for day, shape in enumerate(shapes.values(), 1):
        write(build, as_lines, day, **{field: shape})
    build.load()


def by_shape(shapes, build, columns, table="events", where="true"):
    """What was read of each shape, by its day."""
    found = build.ask(f"SELECT {columns} FROM {table} WHERE {where} ORDER BY export_date")
    return dict(zip(shapes, found, strict=True))


@AS_LINES
def test_params_of_another_shape_are_read(build, as_lines):
    load_a_day_each(build, as_lines, "event_params", PARAMS)
    read = "page_location, ga_session_id, engagement_seconds"
    right = dict.fromkeys(PARAMS, ("https://shop.example/p", 1700000000, 2.5))
    assert by_shape(PARAMS, build, read, where="second(occurred_at) = 0") == right
    assert by_shape(PARAMS, build, read, where="second(occurred_at) = 1") == dict.fromkeys(PARAMS, (None,) * 3)


def test_params_in_a_map_are_read(build):
    for value, kind in ((TEXTS, pa.string()), ({k: v["value"] for k, v in zip(TEXTS, STRINGS, strict=True)}, None)):
        kind = kind or pa.struct([("string_value", pa.string())])
        column = pa.array([list(value.items())], pa.map_(pa.string(), kind))
        pq.write_table(
            pa.table({"event_timestamp": [MIDNIGHT], "event_name": ["a"], "event_params": column}), build.exports / DAY
        )
        build.load()
        assert build.ask("SELECT page_location, ga_session_id FROM events") == [("https://shop.example/p", 1700000000)]


@AS_LINES
def test_a_record_of_another_shape_is_read(build, as_lines):
    load_a_day_each(build, as_lines, "ecommerce", RECORDS)
    read = by_shape(RECORDS, build, "transaction_id, revenue", where="second(occurred_at) = 0")
    assert read == dict.fromkeys(RECORDS, ("T1", 10.0))


@AS_LINES
def test_items_of_another_shape_are_read(build, as_lines):
    load_a_day_each(build, as_lines, "items", ITEMS)
    assert by_shape(ITEMS, build, "item_name, quantity, item_index", "items") == dict.fromkeys(ITEMS, ("Sock", 2, 1))


@AS_LINES
def test_a_field_of_which_nothing_can_be_read_refuses_the_file(build, as_lines):
    for name, value in UNREADABLE:
        write(build, as_lines, 1, **{name: value})
        with pytest.raises(
            ExportError, match=rf"events_20210101\.\w+ has {name} as .*nothing can be read: row 1 holds"
        ):
            build.load()


@AS_LINES
def test_text_that_holds_nothing_is_in_no_way(build, as_lines):
    for day, nothing in enumerate(NOTHING, 1):
        write(build, as_lines, day, event_params=nothing, ecommerce=nothing, geo=nothing)
    build.load()
    assert set(build.counts().values()) == {(2, 2, 0, 0, 0)}


def test_rows_of_several_shapes_in_one_file_are_each_read(build):
    shapes = [TYPED, PLAIN, json.dumps(TYPED), PARAMS["layers of list and element"], PARAMS["key and a bare value"]]
    lines = [json.dumps(row(at, event_params=one)) for at, one in enumerate(shapes)]
    (build.exports / LINES).write_text("\n".join(lines) + "\n")
    build.load()
    assert build.column("page_location") == ["https://shop.example/p"] * 5
    assert build.column("ga_session_id") == [1700000000] * 5


def test_odd_rows_are_duplicates_only_if_they_are_equal(build):
    rows = [row(event_params=json.dumps(PLAIN)), row(event_params=json.dumps(PLAIN)), row(event_params='{"a": 1}')]
    build.write(DAY, *rows, types={"event_params": pa.string()})
    build.load()
    assert build.counts()[DAY] == (3, 2, 1, 0, 0)


@pytest.mark.skipif(not REAL_DAY.exists(), reason="the real days are not on this machine")
def test_real_events_are_the_same_in_any_shape(build):
    """Two thousand real events, nested as they are, as text of JSON, under list.element and as a map."""
    layered = "{{'list': list_transform({0}, LAMBDA x: {{'element': x}})}} AS {0}"
    entries = "list_distinct(list_transform(event_params, LAMBDA x: {'k': x.key, 'v': x.value}))"
    shapes = {
        "as exported": "",
        "text": "REPLACE (to_json(event_params)::VARCHAR AS event_params, to_json(items)::VARCHAR AS items,"
        " to_json(ecommerce)::VARCHAR AS ecommerce, to_json(device)::VARCHAR AS device)",
        "layers": f"REPLACE ({layered.format('event_params')}, {layered.format('items')})",
        "map": f"REPLACE (map_from_entries({entries}) AS event_params)",
    }
    found = {}
    for shape, replacement in shapes.items():
        for suffix in ("parquet", "json"):
            target = build.exports / f"events_20210123.{suffix}"
            query = f"SELECT * {replacement} FROM (FROM '{REAL_DAY}' LIMIT 2000)"
            duckdb.sql(f"COPY ({query}) TO '{target}' (FORMAT {suffix})")
            build.load(timezone="America/Los_Angeles")
            read = (
                "event_id, page_location, ga_session_id, engagement_seconds, revenue, transaction_id, device_category"
            )
            events = build.ask(f"SELECT {read} FROM events ORDER BY event_id")
            found[shape, suffix] = (events, build.ask("FROM items ORDER BY event_id, item_index"))
            target.unlink()
    for (shape, suffix), tables in found.items():
        assert tables == found["as exported", "parquet"], (shape, suffix)
    assert len(events) > 1900
