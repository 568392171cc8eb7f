"""Reading files: the same rows in any format, at any age of the schema, with new fields and wrong types."""

import gzip
import json

import fastavro
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.exports import ExportError
from tests.exports_by_hand import DAY, HOUR, MIDNIGHT, avro_schema, json_line, params, row, table

FULL = row(
    5,
    "purchase",
    event_params=params(page_location="https://shop.dk/tak?id=7#x", ga_session_id=1609459, score=8.5, empty=None),
    user_id="u1",
    is_active_user=True,
    privacy_info={"analytics_storage": "Yes"},
    device={"category": "mobile", "language": "da", "web_info": {"browser": "Chrome", "hostname": "shop.dk"}},
    geo={"country": "Denmark", "city": "Århus"},
    collected_traffic_source={"manual_source": "news", "manual_medium": "email", "manual_campaign_name": 'a "b", \\c'},
    session_traffic_source_last_click={"cross_channel_campaign": {"default_channel_group": "Email"}},
    stream_id="1",
    platform="WEB",
    ecommerce={"purchase_revenue": 99.5, "total_item_quantity": 2, "transaction_id": "T-1"},
    items=[
        {"item_id": "A", "price": 9.5, "quantity": 2, "item_params": params(colour="blå")},
        {"item_id": None, "price": None},
    ],
    batch_page_id=3,
)
ROWS = [FULL, row(5, "purchase", event_params=[], items=[]), row(5, "purchase", None), row(5, "purchase"), row(9)]
FORMATS = ["x.json", "x.json.gz", "x.ndjson", "x.JSONL.gz", "x.avro"]


@pytest.mark.parametrize("suffix", FORMATS)
def test_the_same_rows_give_the_same_events_in_any_format(build, suffix):
    tables = "SELECT * EXCLUDE (event_params, source_file) FROM events ORDER BY event_id", "FROM items ORDER BY ALL"
    build.load(*ROWS)
    wanted = [build.ask(query) for query in tables], build.column("coalesce(event_params, [])", order="event_id")
    (build.exports / DAY).unlink()
    build.write(f"events_20210101{suffix[1:]}", *ROWS)
    build.load()
    found = [build.ask(query) for query in tables], build.column("coalesce(event_params, [])", order="event_id")
    assert found == wanted
    assert [counts[:3] for counts in build.counts().values()] == [(5, 4, 1)]  # an absent list is an empty one


def test_a_gzip_file_may_be_named_without_gz(build):
    build.write("events_20210101.json.gz", row(), row(1)).rename(build.exports / "events_20210101.json")
    build.load()
    assert build.counts() == {"events_20210101.json": (2, 2, 0, 0, 0)}


@pytest.mark.parametrize("codec", ["null", "deflate", "snappy"])
def test_avro_is_read_in_each_codec_with_nested_records(build, codec):
    build.write("events_20210101.avro", FULL, row(event_params=[], items=[]), codec=codec)
    build.load()
    assert build.column("geo", "(SELECT coalesce(city, '-') AS geo FROM events)", "ALL") == ["-", "Århus"]
    assert build.ask("SELECT item_id, price, quantity FROM items ORDER BY item_index") == [("A", 9.5, 2), (None,) * 3]
    assert build.column("param_text(event_params, 'score')") == [None, "8.5"]


def test_numbers_that_arrive_as_text_are_numbers(build):
    line = {
        "event_timestamp": str(MIDNIGHT),
        "event_name": "purchase",
        "event_params": [{"key": "ga_session_number", "value": {"int_value": "4"}}],
        "ecommerce": {"total_item_quantity": "2", "purchase_revenue": "12.5"},
        "items": [{"quantity": "3", "price": 4}],
    }
    (build.exports / "events_20210101.json").write_text(json.dumps(line) + "\n")
    build.load()
    assert build.ask("SELECT item_count, revenue, ga_session_number FROM events") == [(2, 12.5, 4)]
    assert build.ask("SELECT quantity, price FROM items") == [(3, 4.0)]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("last", [True, False], ids=["ended", "not ended"])
def test_lines_may_end_as_they_like_and_blank_ones_are_no_rows(build, end, last):
    lines = [json_line(row(1)), "", json_line(row(2)), json_line(row(3))]
    text = "\ufeff" + end.join(lines) + end * last
    (build.exports / "events_20210101.json").write_bytes(text.encode())
    build.load()
    assert build.counts() == {"events_20210101.json": (3, 3, 0, 0, 0)}


@pytest.mark.parametrize("name", ["events_20210101.json", "events_20210101.json.gz", DAY, "events_20210101.avro"])
def test_a_file_without_rows_is_a_file(build, name):
    rows = [row(event_params=[])]
    if name.endswith((".json", ".gz")):
        (build.exports / name).write_bytes(gzip.compress(b"") if name.endswith("gz") else b"")
    elif name == DAY:
        pq.write_table(table(rows).slice(0, 0), build.exports / name)
    else:
        with (build.exports / name).open("wb") as stream:
            fastavro.writer(stream, avro_schema(table(rows).schema), [])
    build.write("events_20210102.parquet", row(86400))
    build.load()
    assert build.counts()[name] == (0, 0, 0, 0, 0)


def test_an_export_with_two_columns_is_an_old_one(build):
    build.load({"event_timestamp": MIDNIGHT, "event_name": "page_view"})
    (found,) = build.ask("SELECT event_date::VARCHAR, event_name, device_id, event_params, source, revenue FROM events")
    assert found == ("2021-01-01", "page_view", None, None, None, None)


@pytest.mark.parametrize("missing", ["event_timestamp", "event_name"])
@pytest.mark.parametrize("name", [DAY, "events_20210101.avro"])
def test_a_required_column_that_is_missing_is_named_with_its_file(build, missing, name):
    build.write(name, {key: value for key, value in row(event_params=[]).items() if key != missing})
    with pytest.raises(ExportError, match=f"{name} has no column {missing}"):
        build.load()


TEXT_TIME = {"event_timestamp": pa.string()}
WRONG = {
    "user_id": pa.int64(),
    "event_params": pa.int64(),
    "device": pa.int64(),
    "items": pa.string(),
    "batch_page_id": pa.string(),
    "is_active_user": pa.int64(),
    "privacy_info": pa.struct([("analytics_storage", pa.int64()), ("uses_transient_token", pa.bool_())]),
    "collected_traffic_source": pa.struct([("manual_source", pa.int64()), ("gclid", pa.int32())]),
    "geo": pa.list_(pa.int64()),
    "ecommerce": pa.null(),
}


def test_a_column_that_is_null_throughout_may_have_any_type(build):
    nulls = dict.fromkeys(WRONG)
    nulls["privacy_info"] = {"analytics_storage": None, "uses_transient_token": None}
    build.write(DAY, row(**nulls), row(1, **nulls), types=WRONG)
    build.write("events_20210102.parquet", row(HOUR, **(FULL | {"event_timestamp": MIDNIGHT + 24 * HOUR})))
    build.load()
    assert build.counts()[DAY] == (2, 2, 0, 0, 0)
    assert build.column("country") == [None, None, "Denmark"]


def test_a_null_field_of_a_wrong_type_within_params_does_not_cost_the_others(build):
    value = pa.struct([("string_value", pa.int64()), ("int_value", pa.int64()), ("double_value", pa.int64())])
    types = {"event_params": pa.list_(pa.struct([("key", pa.string()), ("value", value)]))}
    entry = {"key": "ga_session_number", "value": {"string_value": None, "int_value": 4, "double_value": None}}
    build.write(DAY, row(event_params=[entry]), types=types)
    build.load()
    assert build.column("ga_session_number") == [4]


def test_a_time_that_is_text_or_unsigned_is_read_and_one_that_is_no_number_is_quarantined(build):
    build.write(DAY, row(), types={"event_timestamp": pa.uint64()})
    build.write("events_20210102.parquet", row(event_timestamp=str(MIDNIGHT + 24 * HOUR)), types=TEXT_TIME)
    good = row(event_timestamp=str(MIDNIGHT + 48 * HOUR))
    build.write("events_20210103.parquet", row(event_timestamp="no number"), good, types=TEXT_TIME)
    build.load()
    assert build.column("occurred_at::VARCHAR") == [f"2021-01-0{day} 00:00:00" for day in (1, 2, 3)]
    assert build.column("reason", "quarantine", "ALL") == ["no event_timestamp"]


def nested_new(entries):
    return pa.struct([("category", pa.string()), ("web_info", pa.struct([("hostname", pa.string())])), *entries])


def test_new_columns_do_not_break_the_load(build):
    value = pa.struct([("string_value", pa.string()), ("bool_value", pa.bool_())])
    types = {
        "device": nested_new([("screen", pa.struct([("width", pa.int64())]))]),
        "event_params": pa.list_(pa.struct([("key", pa.string()), ("value", value), ("note", pa.string())])),
    }
    fields = {
        "row_number": 7, "line": "x", "source_file": "y", "is_parsed": False, "content": "z", "path": "p",
        "export_day": "d", "extras": "e", "export_row": 9, "Device Model": [1, 2],
        "device": {"category": "tv", "web_info": {"hostname": "h"}, "screen": {"width": 5}},
        "event_params": [{"key": "currency", "value": {"string_value": "DKK", "bool_value": True}, "note": "n"}],
    }  # fmt: skip
    build.write(DAY, row(0, **fields), row(1, **fields), types=types)
    build.write("events_20210102.json", row(86400, **fields))
    build.load()
    assert build.counts() == {DAY: (2, 2, 0, 0, 0), "events_20210102.json": (1, 1, 0, 0, 0)}
    assert build.ask("SELECT DISTINCT device_category, hostname, currency FROM events") == [("tv", "h", "DKK")]
