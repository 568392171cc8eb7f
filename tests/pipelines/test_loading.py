"""From rows to events: the traps of GA4 exports, duplicates, quarantine, and the sum that must hold."""

import json

import pyarrow as pa
import pytest

from models.settings import SettingsError
from tests.exports_by_hand import DAY, HOUR, params, row

DAYS = 86400


# What an event says.


def test_a_text_param_is_read_from_whichever_value_is_set_and_a_number_from_text(build):
    build.load(
        row(1, event_params=params(currency="DKK", engagement_time_msec=1500, score="8", search_term=7)),
        row(2, event_params=params(currency=1, engagement_time_msec="1500", score=8.5, search_term="seven")),
        row(3, event_params=params(currency=2.5, engagement_time_msec=1500.0, score="eight", search_term=None)),
        row(4, event_params=[*params(currency="first"), *params(currency="second", score="NaN")]),
    )
    assert build.column("currency") == ["DKK", "1", "2.5", "first"]
    assert build.column("engagement_seconds") == [1.5, 1.5, 1.5, None]
    assert build.column("score")[:3] == [8.0, 8.5, None]
    assert build.column("search_term") == ["7", "seven", None, None]


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (1747323152, 1747323152),
        ("1747323152", 1747323152),
        ("s1747323152$o28$g0$t1747323152$j0", 1747323152),
        (1747323152.0, 1747323152),
        ("s", None),
        ("other", None),
        ("", None),
        (None, None),
    ],
)
def test_the_number_after_s_is_the_session_id(build, value, number):
    build.load(row(event_params=params(ga_session_id=value)))
    assert build.column("ga_session_id") == [number]


def test_without_consent_an_event_stays_and_follows_nobody(build):
    build.load(row(0, "page_view", None), row(1, "page_view", ""), row(2, "page_view", " "), row(3))
    assert build.column("device_id") == [None, None, None, "ana"]


def test_a_transaction_id_is_that_of_ecommerce_else_the_param_as_it_came(build):
    build.load(
        row(1, "purchase", ecommerce={"transaction_id": "T1"}, event_params=params(transaction_id="T2")),
        row(2, "purchase", ecommerce={"transaction_id": None}, event_params=params(transaction_id=77)),
        row(3, "purchase", ecommerce={"transaction_id": "(not set)"}, event_params=params(transaction_id="T3")),
        row(4, "purchase"),
    )
    assert build.column("transaction_id") == ["T1", "77", "(not set)", None]


def test_revenue_that_is_no_number_is_null_and_never_zero(build):
    values = [float("nan"), float("inf"), None, 0.0, 12.5]
    ecommerce = [{"purchase_revenue": value, "refund_value": value} for value in values]
    items = [[{"item_id": "A", "price": value, "item_revenue": value}] for value in values]
    rows = [row(n, "purchase", ecommerce=ecommerce[n], items=items[n]) for n in range(len(values))]
    build.write(DAY, *rows)
    build.write(
        "events_20210102.json", *(one | {"event_timestamp": one["event_timestamp"] + 24 * HOUR} for one in rows)
    )
    build.load()
    wanted = [None, None, None, 0.0, 12.5]
    assert build.column("revenue") == build.column("refund") == wanted * 2
    assert sorted(build.column("price", "items", "ALL"), key=str) == sorted(wanted * 2, key=str)
    assert build.column("price", "items", "ALL") == build.column("item_revenue", "items", "ALL")


def test_a_click_id_without_a_value_is_none(build):
    build.load(
        row(1, event_params=params(gclid=None, fbclid="")),
        row(2, event_params=params(gclid=" ", fbclid="x")),
        row(3, collected_traffic_source={"gclid": "g"}, event_params=params(fbclid="x")),
        row(4, event_params=params(msclkid=5, dclid="d")),
    )
    assert build.column("click_id") == [None, "fbclid", "gclid", "msclkid"]


def test_a_blank_channel_group_is_none(build):
    groups = [None, "", "  ", "\t", " Email ", "(not set)"]
    build.load(
        *(
            row(number, session_traffic_source_last_click={"cross_channel_campaign": {"default_channel_group": group}})
            for number, group in enumerate(groups)
        )
    )
    assert build.column("default_channel_group") == [None] * 4 + ["Email", "(not set)"]


def test_source_medium_and_campaign_come_together_from_one_place(build):
    param = params(source="p", medium="pm", campaign="pc")
    build.load(
        row(1, collected_traffic_source={"manual_source": "c"}, event_params=param),
        row(2, collected_traffic_source={"manual_source": "(direct)", "manual_medium": "(none)"}, event_params=param),
        row(3, collected_traffic_source={"manual_source": None, "manual_medium": "cm"}, event_params=param),
        row(4),
    )
    wanted = [("c", None, None), ("p", "pm", "pc"), ("p", "pm", "pc"), (None, None, None)]
    assert build.ask("SELECT source, medium, campaign FROM events ORDER BY occurred_at") == wanted


@pytest.mark.parametrize(
    ("location", "path", "host"),
    [
        ("https://shop.dk/a/b?q=1#top", "/a/b", "shop.dk"),
        ("https://shop.dk", "/", "shop.dk"),
        ("https://shop.dk?q=/x", "/", "shop.dk"),
        ("https://user@shop.dk:8080/a", "/a", "shop.dk"),
        ("/relative?q=1", "/relative", None),
        ("", "/", None),
        (None, None, None),
    ],
)
def test_a_path_is_that_of_the_page_without_query_and_fragment(build, location, path, host):
    build.load(row(event_params=params(page_location=location)))
    assert build.ask("SELECT page_path, hostname FROM events") == [(path, host)]


def test_params_stay_just_as_exported(build):
    entries = [*params(a="x", b=2, c=2.5, d=None), *params(a="again")]
    build.load(row(event_params=entries))
    assert build.column("event_params") == [entries]


def test_order_in_a_batch_is_that_of_the_columns_else_of_the_params(build):
    build.load(
        row(1, batch_page_id=1, event_params=params(batch_page_id=9, batch_ordering_id=2, batch_event_index="3")),
        row(2, batch_page_id=None, batch_event_index=4, event_params=params(batch_page_id=9)),
    )
    found = build.ask("SELECT batch_page_id, batch_ordering_id, batch_event_index FROM events ORDER BY occurred_at")
    assert found == [(1, 2, 3), (9, None, 4)]


# What becomes of a row.


def test_every_row_is_an_event_a_duplicate_quarantined_or_excluded(build):
    bad = [
        row(None),
        row(name := 4, None),
        row(5, " "),
        row(9 * DAYS),
        row(-9 * DAYS),
        row(6) | {"event_timestamp": -5},
    ]
    bots = [row(7, "bot"), row(7, "bot"), row(9 * DAYS, "bot")]
    days = build.load(row(), row(), row(name), *bad, *bots, exclude="event_name = 'bot'").days
    assert build.counts() == {DAY: (12, 2, 2, 7, 1)}
    assert [(day.rows_read, day.events, day.duplicates, day.quarantined, day.excluded) for day in days] == [
        (12, 2, 2, 7, 1)
    ]
    assert build.ask("SELECT row_number, reason FROM quarantine ORDER BY ALL") == [
        (4, "no event_timestamp"),
        (5, "no event_name"),
        (6, "no event_name"),
        (7, "far from the export day"),
        (8, "far from the export day"),
        (9, "far from the export day"),
        (12, "far from the export day"),
    ]


def test_a_quarantined_row_keeps_what_it_was(build):
    odd = row(None, geo={"city": "Århus"}, event_params=params(a=1), new_field='x "y"')
    build.write("events_20210101000000000000.parquet", row(), odd)
    build.write("events_20210101000000000001.json", odd, row(2))
    (build.exports / "events_20210101000000000002.json").write_text('{"event_name": "page_\n["a"]\n')
    build.write("events_20210101000000000003.json", row(3))
    with pytest.raises(Exception, match=r"02\.json cannot be read as json \(no line"):
        build.load()
    with (build.exports / "events_20210101000000000002.json").open("a") as stream:
        stream.write('{"event_name": "page_view", "event_timestamp": "1609459200000009"}\n')
    build.load()
    found = build.ask("SELECT row_number, reason, content::VARCHAR FROM quarantine ORDER BY source_file, row_number")
    contents = [json.loads(text) for *_, text in found]
    assert [(number, reason) for number, reason, _ in found] == [
        (2, "no event_timestamp"), (1, "no event_timestamp"), (1, "does not parse"), (2, "does not parse")
    ]  # fmt: skip
    assert contents[0] == contents[0] | odd | {"geo": contents[0]["geo"]}
    assert set(contents[0]) == set(odd)
    assert contents[0]["geo"]["city"] == contents[1]["geo"]["city"] == "Århus"
    assert contents[1]["new_field"] == 'x "y"'
    assert contents[2:] == ['{"event_name": "page_', '["a"]']


def test_a_line_that_is_no_text_is_quarantined_and_the_run_goes_on(build):
    good = json.dumps(row(), default=str).encode()
    lines = [
        good,
        b'{"event_name": "\xff\xfe"}',
        b'{"event_name": "a\x01b", "event_timestamp": 1}',
        b"\x00",
        b"   ",
        b"",
    ]
    (build.exports / "events_20210101.json").write_bytes(b"\n".join([*lines, good.replace(b"page", b"other")]) + b"\n")
    build.load()
    ((read, events, _, quarantined, _),) = build.counts().values()
    assert (events, read) == (2, 2 + quarantined)
    assert quarantined >= 3
    assert set(build.column("reason", "quarantine", "ALL")) == {"does not parse"}


@pytest.mark.parametrize(
    ("timezone", "first", "last"),
    [  # of 28 March 2021: the local midnights two days before and three days after, summer time begins that day
        ("UTC", "2021-03-26 00:00:00", "2021-03-31 00:00:00"),
        ("Europe/Copenhagen", "2021-03-25 23:00:00", "2021-03-30 22:00:00"),
        ("America/Los_Angeles", "2021-03-26 07:00:00", "2021-03-31 07:00:00"),
        ("Asia/Kathmandu", "2021-03-25 18:15:00", "2021-03-30 18:15:00"),
    ],
)
def test_two_days_from_the_export_day_is_near_enough_in_the_time_zone_of_the_property(build, timezone, first, last):
    ((begin, end),) = build.ask(f"SELECT epoch_us(TIMESTAMP '{first}'), epoch_us(TIMESTAMP '{last}')")
    rows = [row(event_timestamp=at) for at in (begin - 1, begin, end - 1, end)]
    build.write("events_20210328.parquet", *rows)
    build.load(timezone=timezone)
    assert build.column("row_number", "quarantine", "ALL") == [1, 4]
    assert build.column("occurred_at::VARCHAR")[0] == first


def test_a_time_beyond_all_calendars_is_quarantined(build):
    times = [2**63 - 1, -(2**63), 253402300800000000, 0, 1]
    build.load(row(), *(row(event_timestamp=at) for at in times))
    assert build.counts() == {DAY: (6, 1, 0, 5, 0)}


# Duplicates.


def test_a_duplicate_is_equal_in_every_field_and_an_absent_column_is_null(build):
    build.write("events_20210101_a.parquet", row())
    build.write(
        "events_20210101_b.parquet", row(user_id=None, geo=None, items=[], new=None, other=[]), row(user_id="u")
    )
    build.write("events_20210101_c.json", row(), row(new="x"))
    build.write("events_20210101_d.parquet", row(new="x"), row(new="y"))
    build.write("events_20210101_e.avro", row(event_params=[]), row(event_params=params(a=1)))
    build.load()
    assert [counts[:3] for counts in build.counts().values()] == [(1, 1, 0), (2, 1, 1), (2, 1, 1), (2, 1, 1), (2, 1, 1)]


def test_an_empty_list_within_a_text_is_not_the_null_of_another(build):
    carts = ('{"items":[]}', '{"items":null}')
    build.load(*(row(event_params=params(cart=cart)) for cart in carts))
    assert build.counts() == {DAY: (2, 2, 0, 0, 0)}


@pytest.mark.parametrize("turned", [False, True])
def test_rows_equal_in_all_but_their_stream_stand_in_one_order_whatever_that_of_the_file(build, turned):
    rows = [row(stream_id=stream, user_id=user) for stream, user in (("1", "ana"), (None, "bo"))]
    build.load(*(reversed(rows) if turned else rows))
    assert build.ask("SELECT content_rank, user_id FROM events ORDER BY ALL") == [(0, "ana"), (1, "bo")]


def test_rows_that_differ_only_in_a_new_field_are_no_duplicates(build):
    kinds = {
        "device": pa.struct([("category", pa.string()), ("screen", pa.struct([("width", pa.int64())]))]),
        "items": pa.list_(pa.struct([("item_id", pa.string()), ("size", pa.string())])),
    }
    rows = [
        row(device={"category": "tv", "screen": {"width": width}}, items=[{"item_id": "A", "size": size}])
        for width in (1, 2, None)
        for size in ("S", "M", None)
    ]
    build.write("events_20210101_a.parquet", *rows, *rows, types=kinds)
    build.write("events_20210101_b.json", *rows)
    build.write("events_20210101_c.parquet", rows[-1] | {"device": {"category": "tv"}, "items": [{"item_id": "A"}]})
    build.load()
    assert [counts[:3] for counts in build.counts().values()] == [(18, 9, 9), (9, 0, 9), (1, 0, 1)]


def test_the_first_row_of_the_first_file_by_name_is_kept(build):
    for name in ("events_20210101_b.parquet", "events_20210101_a.json", "deep/events_20210101_0.parquet"):
        build.write(name, row(), row())
    build.load()
    assert [counts[:3] for counts in build.counts().values()] == [(2, 1, 1), (2, 0, 2), (2, 0, 2)]


def test_the_same_row_in_exports_of_two_days_is_two_events(build):
    for name in (DAY, "events_20210102.parquet"):
        build.write(name, row())
    build.load()
    assert build.counts() == {DAY: (1, 1, 0, 0, 0), "events_20210102.parquet": (1, 1, 0, 0, 0)}
    assert len(set(build.column("event_id"))) == 2


# The setting exclude.


def test_what_exclude_drops_is_counted_and_null_does_not_hold(build):
    rows = [
        row(1, event_params=params(page_location=page)) for page in ("https://test.shop.dk/", "https://shop.dk/", None)
    ]
    build.load(*rows, rows[0], exclude="hostname = 'test.shop.dk'")
    assert build.counts() == {DAY: (4, 2, 1, 0, 1)}
    build.load(exclude="hostname LIKE '%'")
    assert build.counts() == {DAY: (4, 1, 1, 0, 2)}


def test_the_columns_of_an_event_may_be_asked_for_by_exclude(build):
    for expression in ("param_text(event_params, 'debug_mode') = '1'", "device_id = 'ana' AND source IS NULL"):
        build.load(row(event_params=params(debug_mode=1)), row(1, "page_view", "bo"), exclude=expression)
        assert build.counts() == {DAY: (2, 1, 0, 0, 1)}


@pytest.mark.parametrize(
    "expression", ["nosuch = 1", "event_name =", "event_name", "1); DROP TABLE events; --", "sum(1) > 2"]
)
def test_an_exclude_that_cannot_be_used_is_named(build, expression):
    assert build.ask("FROM loads") == []
    with pytest.raises(SettingsError, match="setting 'exclude' is"):
        build.load(row(), exclude=expression)
    assert build.ask("FROM loads") == []
