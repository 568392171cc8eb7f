"""Section 1 of definitions.md, and the traps of ga4-export.md, on files of a few rows."""

from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.reference import as_of, read_exports, values
from tests.reference.channels import channel, channel_of_product
from tests.reference.compare import compare
from tests.reference.events import event_order
from tests.reference.worlds import START, events

HOUR = 3_600_000_000


def row(at=START, name="page_view", **more):
    return {"event_timestamp": at, "event_name": name, "event_date": "20210101", "user_pseudo_id": "a"} | more


def param(key, **value):
    kinds = {"string_value": None, "int_value": None, "float_value": None, "double_value": None}
    return {"key": key, "value": kinds | value}


@pytest.fixture
def load(tmp_path):
    def read(files, exclude=None, timezone="UTC"):
        for name, rows in files.items():
            pq.write_table(pa.Table.from_pylist(rows), tmp_path / name)
        return read_exports([tmp_path / name for name in files], timezone, exclude)

    return read


DAY = "events_20210101.parquet"


def test_every_row_is_an_event_a_duplicate_quarantined_or_excluded(load):
    rows = [
        row(),
        row(),
        row(None),
        row(name=None),
        row(START + 72 * HOUR),
        row(START - 49 * HOUR),
        row(name="bot"),
    ]
    found, loads, quarantine = load({DAY: rows}, exclude="event_name = 'bot'")
    assert {k: loads[0][k] for k in ("rows_read", "events", "duplicates", "quarantined", "excluded")} == {
        "rows_read": 7, "events": 1, "duplicates": 1, "quarantined": 4, "excluded": 1
    }  # fmt: skip
    reasons = ["no event_timestamp", "no event_name", "far from the export day", "far from the export day"]
    assert [(r["row_number"], r["reason"]) for r in quarantine] == list(zip((3, 4, 5, 6), reasons, strict=True))
    assert len(found) == 1


def test_two_days_from_the_export_day_is_near_enough_in_the_time_zone_of_the_property(load):
    late = START + 71 * HOUR + 59 * 60_000_000
    assert load({DAY: [row(late)]})[1][0]["events"] == 1
    assert load({DAY: [row(late)]}, timezone="Europe/Copenhagen")[1][0]["quarantined"] == 1


def test_a_duplicate_is_of_the_same_day_in_any_file_and_an_absent_column_is_null(load):
    wide = [row(country=None, n=1.0)]
    files = {
        "events_20210101_b.parquet": wide,
        "events_20210101_a.parquet": [row(n=1)],
        "events_20210102.parquet": wide,
    }
    _, loads, _ = load(files)
    assert [(x["source_file"][13:], x["events"], x["duplicates"]) for x in loads] == [
        ("01_a.parquet", 1, 0), ("01_b.parquet", 0, 1), ("02.parquet", 1, 0)
    ]  # fmt: skip


def test_the_daily_table_wins_over_the_unfinished_ones(load):
    _, loads, _ = load({"events_intraday_20210101.parquet": [row()], DAY: [row(), row(START + 1)]})
    assert [(x["source_file"], x["events"], x["is_final"]) for x in loads] == [(DAY, 2, True)]
    assert load({"events_fresh_20210102.parquet": [row()]})[1][0]["is_final"] is False


def test_as_of_is_the_local_end_of_the_last_day_with_events_of_its_own(load):
    late = {"events_20210102.parquet": [row()], "events_20210103.parquet": []}
    for files in ({DAY: [row()]}, {DAY: [row()]} | late):
        events, loads, _ = load(files)
        assert as_of(events, loads, "Europe/Copenhagen") == datetime(2021, 1, 1, 23, tzinfo=UTC)
    events, loads, _ = load(late)
    assert as_of(events, loads, "UTC") == datetime(2021, 1, 4, tzinfo=UTC)


def test_params_read_as_text_and_as_number():
    entries = values.first_entries(
        [
            param("x", string_value="7", int_value=1),
            param("x", int_value=9),
            param("y", int_value=3, double_value=4.5),
        ]
    )
    assert [values.text_of(entries[key]) for key in "xy"] == ["7", "3"]
    assert [values.number_of(entries[key]) for key in "xy"] == [1, 3]
    assert values.number_of({"string_value": " 2.5 "}) == 2.5
    assert values.number_of({"string_value": "NaN"}) is None
    assert values.ga_session_id({"string_value": "s1747323152$o28$g0"}) == 1747323152
    assert values.ga_session_id({"int_value": 5}) == 5


def test_source_medium_and_campaign_of_an_event_come_from_one_place(load):
    manual = {
        "manual_source": "x",
        "manual_medium": None,
        "manual_campaign_name": "k",
        "gclid": "",
        "dclid": "1",
    }
    params = [param("source", string_value="y"), param("medium", string_value="n"), param("gclid")]
    (one,), _, _ = load({DAY: [row(collected_traffic_source=manual, event_params=params)]})
    assert (one["source"], one["medium"], one["campaign"], one["click_id"]) == ("x", None, "k", "dclid")
    (other,), _, _ = load({DAY: [row(event_params=params)]})
    assert (other["source"], other["medium"], other["campaign"], other["click_id"]) == ("y", "n", None, None)


def test_money_that_is_not_a_number_is_null_and_the_transaction_falls_back_to_its_param(load):
    shop = {"transaction_id": None, "purchase_revenue": float("nan")}
    (one,), _, _ = load({DAY: [row(ecommerce=shop, event_params=[param("transaction_id", int_value=12)])]})
    assert (one["revenue"], one["transaction_id"]) == (None, "12")


def test_devices_carry_their_stream_where_there_is_more_than_one(load):
    found, _, _ = load({DAY: [row(stream_id=1), row(stream_id=2)]})
    assert [event["device_id"] for event in found] == ["a@1", "a@2"]


def test_pages_and_hosts():
    paths = {
        "https://s.dk": "/",
        "https://s.dk?a=1": "/",
        "https://s.dk:8080/A/b/?x#y": "/A/b/",
        "https://s.dk/#/z": "/",
    }
    assert {page: values.path_of(page) for page in paths} == paths
    assert values.host_of("https://u:p@WWW.S.dk:8080/a?x=@b") == "WWW.S.dk"
    assert (values.path_of(None), values.host_of("s.dk/a")) == (None, None)


def test_events_of_one_microsecond_follow_batch_then_nature_then_name():
    found = events("a: zoom@0 alpha@0 purchase@0 page_view@0 session_start@0 purchase@0[batch_page_id=1]")
    found[-1]["batch_page_id"] = 1
    names = [event["event_name"] for event in sorted(found, key=event_order)]
    assert names == ["session_start", "page_view", "purchase", "alpha", "zoom", "purchase"]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ((None, None, None, None), "Direct"),
        (("(direct)", "(none)", None, None), "Direct"),
        ((None, None, None, "gclid"), "Paid Search"),
        ((None, None, None, "dclid"), "Display"),
        ((None, None, None, "fbclid"), "Organic Social"),
        (("google", "cpc", "X-Cross-Network", None), "Cross-network"),
        (("google", "CPC", "shop", None), "Paid Shopping"),
        (("google", "cpc", "workshop", None), "Paid Search"),
        (("google", "cpc", "eshop", None), "Paid Shopping"),
        (("bing", "cpm", None, None), "Paid Search"),
        (("x.org", "cpm", None, None), "Display"),
        (("facebook", "paid", None, None), "Paid Social"),
        (("youtube.com", "ppc", None, None), "Paid Video"),
        (("x.org", "retargeting", None, None), "Paid Other"),
        (("x.org", "social", None, None), "Organic Social"),
        (("youtube.com", "referral", None, None), "Organic Video"),
        (("baidu", "organic", None, None), "Organic Search"),
        (("news", "e-mail", None, None), "Email"),
        (("x.org", "affiliate", None, None), "Affiliates"),
        (("x.org", "referral", None, None), "Referral"),
        (("n.example", "sms", None, None), "SMS"),
        (("n.example", "web_push", None, None), "Mobile Push"),
        (("(data deleted)", "(data deleted)", None, None), "Unassigned"),
        (("(not set)", "(not set)", None, None), "Unassigned"),
        (("<Other>", "referral", None, None), "Referral"),
    ],
)
def test_the_first_rule_that_holds_names_the_channel_in_both_programs(row, expected):
    assert channel(*row) == expected
    assert channel_of_product()(*row) == expected


def test_differences_are_told_in_words():
    one = [{"k": 1, "at": datetime(1970, 1, 1, 0, 0, 1), "x": 0.1 + 0.2}, {"k": 2, "at": 0, "x": None}]
    other = [{"k": 1, "at": 1_000_000, "x": 0.3}, {"k": 3, "at": 0, "x": 1.0}]
    assert compare(one, other, ["k"]) == ["missing: k=2", "not expected: k=3"]
    assert compare(one[1:], [{"k": 2, "at": 5, "x": 0.0}], ["k"]) == [
        "k=2: at should be 0, is 5",
        "k=2: x should be None, is 0.0",
    ]
