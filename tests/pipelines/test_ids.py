"""Ids: placeholders name nobody, and a number is the same id with and without a fraction of zero."""

import pyarrow as pa
import pytest

from pipelines.rebuilding import rebuild
from tests.exports_by_hand import params, row
from tests.test_equals_reference import writers

NOBODY = [
    *("undefined", "NULL", " None ", "NaN", "Anonymous", "(not set)", "0", "0.0", "00000000", "", "   ", "\tnull\n"),
    *("n/a", "NA", "<NA>", "unknown", "Guest", "false", "-", "--", "-1", "[object Object]", "(none)"),
    *("00000000-0000-0000-0000-000000000000", "\u00a0null\u00a0"),
]
SOMEBODY = ["guest42", "10", "100", "0x1f", "00000001", "10.0.0.1", "nul", "annul", "undefined-7", "anonymous@shop.dk"]


def users(build):
    rebuild(build.connection, build.settings)
    return build.ask("SELECT device_id, person_id FROM devices ORDER BY ALL")


def test_a_placeholder_user_joins_no_strangers(build):
    strangers = [(f"{who}{number}", word) for number, word in enumerate(NOBODY) for who in "ab"]
    build.load(*(row(at, "page_view", device, user_id=word) for at, (device, word) in enumerate(strangers)))
    assert users(build) == [(device, f"d:{device}") for device in sorted(device for device, _ in strangers)]
    assert set(build.column("user_id")) == {None}


def test_an_id_that_only_resembles_a_placeholder_is_one(build):
    build.load(*(row(number, "page_view", name, user_id=name) for number, name in enumerate(SOMEBODY)))
    assert build.column("user_id") == build.column("device_id") == SOMEBODY
    assert build.ask("SELECT count(*) FROM events WHERE has_placeholder_user OR has_placeholder_device") == [(0,)]


def test_a_placeholder_device_is_followed_nowhere_and_counted(build):
    zeros = ["0.0", "00000000", " 0 ", "0000000000.0000000000", "00000000-0000-0000-0000-000000000000", "undefined"]
    build.load(
        *(row(number, "page_view", zero, user_id="u") for number, zero in enumerate(zeros)),
        row(60, "page_view", None),
        row(70, "page_view", "1061690338.1775821731", user_id="0"),
        row(80, "page_view", "0.1", user_id=None),
    )
    assert build.column("device_id") == [None] * 7 + ["1061690338.1775821731", "0.1"]
    rebuild(build.connection, build.settings)
    for write in writers(build.settings):
        write(build.connection.cursor())
    assert build.ask("SELECT name, value FROM quality WHERE name LIKE 'placeholder%' ORDER BY name") == [
        ("placeholder_device_events", 6.0),
        ("placeholder_user_events", 1.0),
    ]
    assert build.ask("SELECT value FROM quality WHERE name = 'followed_share'") == [(2 / 9,)]


def test_the_setting_adds_placeholders_and_a_change_reads_anew(build):
    build.load(row(1, "page_view", "a", user_id="999999"), row(2, "page_view", "b", user_id="999999.0 "))
    assert users(build) == [("a", "u:999999"), ("b", "u:999999")]
    build.load(placeholder_ids=(" 999999", "Nobody"))
    assert users(build) == [("a", "d:a"), ("b", "d:b")]


@pytest.mark.parametrize("kind", [pa.float64(), pa.int64(), pa.string()])
def test_a_number_is_one_id_with_and_without_zero_fraction(build, kind):
    ids = pa.array([1187]).cast(kind)[0].as_py()
    typed = {"user_id": kind, "stream_id": kind, "user_pseudo_id": kind}
    build.write("events_20210101_1.parquet", row(1, who := "page_view", ids, user_id=ids, stream_id=ids), types=typed)
    build.write("events_20210101_2.json", row(2, who, "1187.00", user_id="1187.0", stream_id="1187.0"))
    build.feed("desk.csv", "2021-01-01T00:00:03Z,1187.0,page_view")
    build.load()
    assert build.column("user_id") == ["1187"] * 3
    assert build.column("device_id") == ["1187", "1187", "u:1187"]
    assert build.ask("SELECT DISTINCT stream_id FROM events WHERE stream_id IS NOT NULL") == [("1187",)]


def test_a_fraction_that_is_not_zero_stays(build):
    ids = ["1061690338.1775821730", "10.50", "A12.0", "1.0.0"]
    build.load(*(row(number, "page_view", one, user_id=one) for number, one in enumerate(ids)))
    assert build.column("device_id") == build.column("user_id") == ids


def test_a_refund_from_a_float_column_meets_its_purchase(build):
    build.feed("refunds.csv", "2021-01-01T02:00:00Z,u,refund,1001.0,40", header=(
        "occurred_at,user_id,event_name,transaction_id,refund"
    ))  # fmt: skip
    build.load(
        row(1, "purchase", "a", user_id="u", ecommerce={"transaction_id": "1001", "purchase_revenue": 100.0}),
        row(2, "purchase", "a", user_id="u", event_params=params(transaction_id=1001.0)),
    )
    assert build.column("transaction_id") == ["1001"] * 3
    rebuild(build.connection, build.settings)
    assert build.ask("SELECT sum(revenue), count(*) FROM touchpoints WHERE is_conversion") == [(60.0, 1)]


def test_a_feed_makes_no_device_of_a_placeholder(build):
    build.feed(
        "desk.csv",
        "2021-01-01T01:00:00Z,undefined,,help",
        "2021-01-01T02:00:00Z,0,,help",
        "2021-01-01T03:00:00Z,ida,0.0,help",
        "2021-01-01T04:00:00Z,null,phone,help",
        "2021-01-01T05:00:00Z,null,NaN,help",
        header="occurred_at,user_id,user_pseudo_id,event_name",
    )
    build.load(row(0, "page_view", "phone"))
    assert build.column("device_id") == ["phone", None, None, "u:ida", "phone", None]
    assert build.column("user_id") == [None, None, None, "ida", None, None]
    assert build.column("has_placeholder_user") == [False, True, True, False, True, True]
    assert build.column("has_placeholder_device") == [False, False, False, False, False, True]
