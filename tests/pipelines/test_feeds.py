"""Feeds: offline contacts and surveys join the histories of exports, each of their rows accounted for."""

import gzip
import json
import os
from datetime import date, datetime, timedelta
from time import process_time

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from models.settings import Settings
from pipelines.exports import ExportError
from pipelines.rebuilding import rebuild
from pipelines.standing import read_due
from tests.exports_by_hand import DAY, MIDNIGHT, SECOND, params, row

NEXT = "events_20210102.parquet"
DAYS = 86400


def fed(build, expression):
    """One column of the events that came by feeds, in the order of time and name."""
    rows = build.ask(f"SELECT {expression} FROM events WHERE is_of_feed(content_rank) ORDER BY occurred_at, event_name")
    return [one for (one,) in rows]


# What a row says.


def test_a_feed_of_a_thousand_columns_takes_seconds(build):
    names = [f"column_{number:04}" for number in range(1000)]
    header = ",".join(["occurred_at,user_id,event_name", *names])
    lines = [",".join([f"2021-01-01 0{hour}:00:00,ana,call", *(f" {hour} " for _ in names)]) for hour in range(3)]
    build.feed("wide.csv", *lines, header=header)
    build.write(DAY, row())
    build.ask("SELECT 1")
    started = process_time()
    build.load()
    assert process_time() - started < 15  # it was 31 seconds of CPU where it is now 2
    assert fed(build, "event_params")[2] == params(**dict.fromkeys(names, "2"))


def test_a_row_becomes_an_event_of_its_user_and_its_other_columns_become_params(build):
    build.feed(
        "tills.csv",
        "2021-01-01T12:00:00Z,ida,,purchase,T7,249.95,,8,DKK,Aarhus",
        "2021-01-01T13:00:00Z,ida,phone,refund,T7,,9.95,,DKK,",
        header="occurred_at,user_id,user_pseudo_id,event_name,transaction_id,revenue,refund,score,currency,store",
    )
    build.load(row())
    said = "event_name, device_id, user_id, transaction_id, revenue, refund, score, currency, event_date, export_date"
    assert build.ask(f"SELECT {said} FROM events WHERE is_of_feed(content_rank) ORDER BY occurred_at") == [
        ("purchase", "u:ida", "ida", "T7", 249.95, None, 8.0, "DKK", date(2021, 1, 1), date(2021, 1, 1)),
        ("refund", "phone", "ida", "T7", None, 9.95, None, "DKK", date(2021, 1, 1), date(2021, 1, 1)),
    ]
    assert fed(build, "event_params") == [
        params(currency="DKK", score=8.0, store="Aarhus", transaction_id="T7"),
        params(currency="DKK", transaction_id="T7"),
    ]


TIMES = [  # the property is in Copenhagen, an hour ahead of UTC; the tills write Helsinki's time, two hours ahead
    ("2021-01-01T12:00:00Z", "2021-01-01 12:00:00"),
    ("2021-01-01 12:00:00.25+05:30", "2021-01-01 06:30:00.25"),
    ("2021-01-01 12:00", "2021-01-01 10:00:00"),
    ("2021-01-02", "2021-01-01 23:00:00"),
    ("02-01-2021", "2021-01-01 23:00:00"),
    ("1-1-2021 9:05", "2021-01-01 07:05:00"),
    ("01.01.2021 14.30.05", "2021-01-01 12:30:05"),
    ("2021-01-01 2:30 PM", "2021-01-01 12:30:00"),
    ("2021-01-01 12:15 AM", "2020-12-31 22:15:00"),
    ("2021-01-01 12:00 pm", "2021-01-01 10:00:00"),
    ('"2021-01-01, 2:30:05 p.m."', "2021-01-01 12:30:05"),
    ("2021-01-01 2:30\u202fPM UTC", "2021-01-01 14:30:00"),
    ("2021-01-01 14:30 PM", "2021-01-01 12:30:00"),
    ("2021-01-01 0:15 AM", "2020-12-31 22:15:00"),
    ("2021-01-01 14:30 AM", None),
    ("2021-01-01 0:15 PM", None),
    ("03-01-2021 2:30 PM", None),  # in January, or in March
    ("2021-01-01 14:30:00 UTC", "2021-01-01 14:30:00"),
    ("2021-01-01 14:30 gmt", "2021-01-01 14:30:00"),
    ("2021-01-01 14:30:00 +0100", "2021-01-01 13:30:00"),
    ("2021-01-01T14:30-05", "2021-01-01 19:30:00"),
    ("2021-01-01 14:30 UTC+01:00", "2021-01-01 13:30:00"),
    ('"2021-01-01 14:30:00,5"', "2021-01-01 12:30:00.5"),
    ("2021-01-01 14:30:00.123456789", "2021-01-01 12:30:00.123456"),
    ("2021/01/01 14:30", "2021-01-01 12:30:00"),
    ("2021-01-01 24:00", "2021-01-01 22:00:00"),
    *[(f"2021-01-01 14:30 {word}", None) for word in ("EST", "CET", "CEST", "PST", "Uhr", "Europe/Oslo", "+25:00")],
    ("2021-01-01T14:30+01:00[Europe/Oslo]", None),
    ("Fri 2021-01-01 14:30", None),
    ("2021-01-01 14:75", None),
    ("2021-01-01 14", None),
    ("01/02/2021", None),
    ("2021-02-30", None),
    ("1612047600000000", None),
    ("noon", None),
    ("", None),
]


def test_a_time_without_an_offset_is_of_the_feeds_zone_and_a_date_begins_the_local_day(build):
    build.feed("tills.csv", *(f"{cell},p{number},store_visit" for number, (cell, _) in enumerate(TIMES)))
    build.load(row(), timezone="Europe/Copenhagen", feed_timezone="Europe/Helsinki")
    found = dict(build.ask("SELECT user_id, occurred_at::VARCHAR FROM events WHERE is_of_feed(content_rank)"))
    assert {cell: found.get(f"p{number}") for number, (cell, _) in enumerate(TIMES)} == dict(TIMES)
    assert set(build.column("reason", "quarantine", "ALL")) == {"no occurred_at"}
    _, events, _, quarantined, _ = build.counts()["tills.csv"]
    assert events + quarantined == len(TIMES)


KINDS = {  # 14:30 in UTC where the type has a zone, else in Helsinki; a day begins in Copenhagen
    **{pa.timestamp(unit, "UTC"): "2021-01-01 14:30:00" for unit in ("ms", "us", "ns")},
    **{pa.timestamp(unit): "2021-01-01 12:30:00" for unit in ("s", "ms", "us", "ns")},
    pa.date32(): "2020-12-31 23:00:00",
}


def test_an_instant_of_a_parquet_type_is_read_by_it(build):
    feeds = build.exports.parent / "feeds"
    feeds.mkdir()
    for kind in KINDS:
        cells = pa.array([datetime(2021, 1, 1, 14, 30)]).cast(pa.timestamp("us")).cast(kind, safe=False)
        columns = {"occurred_at": cells, "user_id": [str(kind)], "event_name": ["x"]}
        pq.write_table(pa.table(columns), feeds / f"{kind}.parquet")
    build.load(row(), timezone="Europe/Copenhagen", feed_timezone="Europe/Helsinki", feeds=(str(feeds),))
    found = dict(build.ask("SELECT user_id, occurred_at::VARCHAR FROM events WHERE is_of_feed(content_rank)"))
    assert found == {str(kind): instant for kind, instant in KINDS.items()}


FED = "occurred_at,user_id,event_name,score,revenue"
NUMBERS = [  # of each line its event, and the score and the revenue that are read
    ("2021-01-01,ida,a,7.5,1.234", "a", 7.5, 1.234),
    ("2021-01-01;ida;b;7,5;249,95", "b", 7.5, 249.95),
    ("2021-01-01;ida;c;7.5;249.95", "c", 7.5, 249.95),
    ("2021-01-01\tida\td\t-1\t1e3", "d", -1.0, 1000.0),
]


def test_numbers_have_a_point_or_a_comma(build):
    for line, name, *_ in NUMBERS:
        build.feed(f"{name}.csv", line, header=FED.replace(",", line[len("2021-01-01")]))
    build.load(row())
    found = build.ask("SELECT event_name, score, revenue FROM events WHERE is_of_feed(content_rank) ORDER BY ALL")
    assert found == [tuple(read) for _, *read in NUMBERS]


def test_a_number_that_does_not_read_or_may_mean_another_is_quarantined(build):
    cells = ["1 000", "1.234", "1.234,50", "1e999", "NaN", "kr. 5"]
    lines = [f"2021-01-01;ida;purchase;{cell}" for cell in cells]
    build.feed("tills.csv", *lines, header="occurred_at;user_id;event_name;revenue")
    build.load(row())
    found = build.ask("SELECT reason, content->>'revenue' FROM quarantine ORDER BY ALL")
    assert found == [("unreadable number", cell) for cell in cells]


def test_excels_files_are_read_with_their_mark_and_in_the_letters_of_windows(build):
    header = "occurred_at;user_id;event_name;butik"
    build.feed("a.csv", '2021-01-01;ida;store_visit;"Århus; Å ""Nord""\nved åen"', header="\ufeff" + header)
    build.feed("b.csv", "2021-01-02;ida;store_visit;Ærø", header=header, encoding="windows-1252")
    build.load(row())
    assert fed(build, "param_text(event_params, 'butik')") == ['Århus; Å "Nord"\nved åen', "Ærø"]


def test_parquet_and_compressed_csv_are_read_as_csv_is(build):
    build.feed("a.csv", "2021-01-01,7,store_visit")
    folder = build.exports.parent / "feeds"
    (folder / "b.csv.gz").write_bytes(gzip.compress(b"occurred_at,user_id,event_name\n2021-01-02,7,store_visit\n"))
    columns = {
        "occurred_at": pa.array([datetime(2021, 1, 3, 12), None]),
        "user_id": pa.array([7.0, None]),  # what pandas makes of whole numbers beside a missing one
        "event_name": ["survey_answer", "phone_call"],
        "score": pa.array([9, None], pa.int8()),
        "wait": pa.array([2.5, None]),
        "tags": [["a"], None],
        'it\'s {source} "odd"': ["x", None],
    }
    pq.write_table(pa.table(columns), folder / "c.parquet")
    build.load(row(), feed_timezone="Europe/Copenhagen")
    assert fed(build, "device_id") == ["u:7"] * 3
    assert fed(build, "occurred_at")[2] == datetime(2021, 1, 3, 11)
    assert fed(build, "event_params")[2] == params(
        **{'it\'s {source} "odd"': "x", "score": 9.0, "tags": '["a"]', "wait": 2.5}
    )
    assert build.counts()["c.parquet"] == (2, 1, 0, 1, 0)


def test_who_is_known_by_nothing_is_an_event_that_nobody_can_follow(build):
    build.feed("tills.csv", "2021-01-01,,store_visit", "2021-01-01, ,store_visit")
    build.load(row())
    assert build.counts()["tills.csv"] == (2, 1, 1, 0, 0)
    assert fed(build, "device_id") == [None]


# What becomes of a row.


def test_every_row_is_an_event_a_duplicate_quarantined_or_excluded(build):
    build.feed(
        "a.csv",
        "2021-01-01,ida,store_visit,",  # an event
        "2021-01-01,ida,store_visit,",  # equal in every field
        "2021-01-01,ida,store_visit,x",  # another event
        "",  # no row
        "soon,ida,store_visit,",
        "2021-01-01,ida, ,",
        "2021-01-01,ida",
        "2021-01-01,ida,store_visit,x,y",
        "2021-01-01,ida,test,",
        header="occurred_at,user_id,event_name,note",
    )
    build.feed("b.csv", "store_visit,ida,2021-01-01", header="event_name,user_id,occurred_at")
    build.load(row(), exclude="event_name = 'test'")
    assert build.counts() == {"a.csv": (8, 2, 1, 4, 1), "b.csv": (1, 0, 1, 0, 0), DAY: (1, 1, 0, 0, 0)}
    assert build.ask("SELECT row_number, reason, content::VARCHAR FROM quarantine ORDER BY row_number") == [
        (4, "no occurred_at", json_of("soon", "ida", "store_visit", "")),
        (5, "no event_name", json_of("2021-01-01", "ida", " ", "")),
        (6, "does not parse", '"2021-01-01,ida"'),
        (7, "does not parse", '"2021-01-01,ida,store_visit,x,y"'),
    ]


def json_of(*cells):
    names = ("occurred_at", "user_id", "event_name", "note")
    return json.dumps(dict(zip(names, cells, strict=True)), separators=(",", ":"))


def test_an_event_that_an_export_has_too_is_another_event_after_it(build):
    same = row(60, "survey_answer", "phone")
    build.feed("a.csv", "2021-01-01 00:01:00,phone,survey_answer", header="occurred_at,user_pseudo_id,event_name")
    build.load(same, row(60, "survey_answer", "phone", geo={"city": "Vejle"}))
    ids = build.ask("SELECT event_id FROM events ORDER BY event_id")
    assert len(set(ids)) == 3
    (last,) = build.ask("SELECT event_id FROM events WHERE is_of_feed(content_rank)")
    build.load(same)
    assert len(set(build.column("event_id"))) == 2
    assert build.ask("SELECT event_id FROM events WHERE is_of_feed(content_rank)") != [last]


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("user_id,event_name", "has no occurred_at among its columns user_id, event_name; a feed has occurred_at,"),
        ("occurred_at,event_name,mail", "has neither user_id nor user_pseudo_id among its columns"),
        ("occurred_at,user_id,event_name,Note,note", "has column note twice"),
        ("occurred_at,user_id,event_name,", "has a column without a name"),
        ("occurred_at,user_id,event_name,_line", "has column _line twice, or needs another name for it"),
        ("", "has no occurred_at, no event_name, neither"),
    ],
)
def test_a_header_that_is_none_of_a_feed_is_one_line(build, header, words):
    build.feed("tills.csv", "2021-01-01,ida,x", header=header)
    with pytest.raises(ExportError, match=r"tills\.csv") as caught:
        build.load(row())
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('occurred_at,user_id,event_name\n2021-01-01,ida,"store\n2021-01-02,ida,x\n', "a quoted cell has no end"),
        ("occurred_at,user_id,event_name\n2021-01-01,ida,x\n2021-01-0", "its last row is cut off"),
    ],
)
def test_a_file_that_was_cut_off_is_refused_whole_and_left_out_where_that_is_asked_for(build, text, words):
    build.feed("a.csv", "2021-01-01,ida,store_visit")
    (build.exports.parent / "feeds" / "b.csv").write_text(text)
    with pytest.raises(ExportError, match=words):
        build.load(row())
    assert build.ask("FROM events") == []
    assert [line.split("/")[-1] for line in build.load(keep_going=True).skipped] == [
        f"b.csv is not a whole csv file ({words})"
    ]
    assert build.counts() == {"a.csv": (1, 1, 0, 0, 0), DAY: (1, 1, 0, 0, 0)}


def test_a_feed_that_is_not_there_is_a_mistake(build):
    with pytest.raises(ExportError, match=r"no feed in .*/nowhere; expected files that end in \.csv"):
        build.load(row(), feeds=(str(build.exports.parent / "nowhere"),))


def test_a_feed_among_the_exports_is_no_export(build):
    pq.write_table(
        pa.table({"occurred_at": ["2021-01-01"], "user_id": ["ida"], "event_name": ["repair"]}),
        build.exports / "repairs.parquet",
    )
    build.load(row(), feeds=(str(build.exports / "repairs.parquet"),))
    assert fed(build, "event_name") == ["repair"]


# Nights.


def reloaded(build):
    """The devices that a night would rebuild, and in arrivals what came and went by it alone."""
    for table in ("arrivals", "waiting"):
        build.connection.execute(f"DELETE FROM {table}")
    build.load()
    return build.column("device_id", "waiting", "1")


def test_an_unchanged_feed_is_not_read_again_nor_is_one_that_was_only_touched(build):
    path = build.feed("a.csv", "2021-01-01,ida,store_visit")
    build.load(row())
    before = build.ask("SELECT loaded_at, file_state FROM loads WHERE export_day IS NULL")
    assert reloaded(build) == []
    os.utime(path, ns=(1, 1))
    assert reloaded(build) == []
    ((loaded_at, state),) = build.ask("SELECT loaded_at, file_state FROM loads WHERE export_day IS NULL")
    assert loaded_at == before[0][0]
    assert state != before[0][1]


def test_a_feed_that_comes_again_with_other_rows_touches_only_the_days_that_differ(build):
    build.feed("a.csv", "2021-01-01,ida,store_visit", "2021-01-05,bo,store_visit", "2021-01-09,cy,store_visit")
    build.load(row())
    build.feed("a.csv", "2021-01-09,cy,store_visit", "2021-01-01,ida,store_visit", "2021-01-12,di,store_visit")
    assert reloaded(build) == ["u:bo", "u:di"]
    assert fed(build, "user_id") == ["ida", "cy", "di"]
    assert build.ask("SELECT export_day, what LIKE '%a.csv' FROM arrivals") == [(None, True)]


def test_a_duplicate_takes_the_place_of_the_first_when_that_file_goes(build):
    first = build.feed("a.csv", "2021-01-01,ida,store_visit")
    build.feed("b.csv", "2021-01-01,ida,store_visit")
    build.load(row())
    assert build.counts()["b.csv"] == (1, 0, 1, 0, 0)
    first.unlink()
    build.load()
    assert build.counts() == {"b.csv": (1, 1, 0, 0, 0), DAY: (1, 1, 0, 0, 0)}
    build.load(feeds=())
    assert build.counts() == {DAY: (1, 1, 0, 0, 0)}
    assert len(build.ask("FROM events")) == 1


def test_an_export_that_comes_again_leaves_the_rows_of_feeds_on_its_day(build):
    build.feed("a.csv", "2021-01-01,ida,store_visit")
    build.load(row(1, "scroll"))
    build.load(row(1, "page_view"))
    assert build.ask("SELECT event_name FROM events ORDER BY 1") == [("page_view",), ("store_visit",)]


def test_the_listing_tells_whether_feeds_are_to_be_loaded(build):
    build.feed("a.csv", "2021-01-01,ida,store_visit")
    build.load(row())
    build.connection.execute("CHECKPOINT")
    settings = Settings(**build.choices)
    build.close()
    settings = settings.model_copy(update={"database": settings.database.with_name("sojourn.build.duckdb")})
    assert not read_due(settings).are_feeds_due
    build.feed("b.csv", "2021-01-02,ida,store_visit")
    assert read_due(settings).are_feeds_due


# Histories.


def test_a_visit_to_the_shop_joins_the_journey_of_the_person_who_signed_in(build):
    build.feed(
        "shop.csv",
        "2021-01-02T10:00:00Z,ida,store_visit,",
        "2021-01-09T10:00:00Z,ida,survey_answer,9",  # two days beyond as_of
        header="occurred_at,user_id,event_name,score",
    )
    build.write(NEXT, row(DAYS, "page_view", "phone", user_id="ida"))
    build.write("events_20210107.parquet", row(6 * DAYS, "page_view", "bo"))
    build.load()
    rebuild(build.connection, build.settings)
    assert build.ask("SELECT person_id, channel, started_at FROM sessions WHERE person_id = 'u:ida' ORDER BY 3") == [
        ("u:ida", "Direct", datetime(2021, 1, 2)),
        ("u:ida", "Offline", datetime(2021, 1, 2, 10)),
        ("u:ida", "Offline", datetime(2021, 1, 9, 10)),
    ]
    told = build.ask("SELECT touchpoint, seconds_to_next FROM touchpoints WHERE person_id = 'u:ida' ORDER BY position")
    # The journey is watched until the end of 7 January: 38 hours after midnight of the 2nd it is 10 o'clock, and from
    # there to as_of 14 hours and five days.
    assert told[-2:] == [("store_visit", (14 + 5 * 24) * 3600.0), ("survey_answer", None)]
    assert [name for name, _ in told[:-2]] == ["direct_first_visit"]
    assert build.ask("SELECT count(DISTINCT journey_id) FROM sessions WHERE person_id = 'u:ida'") == [(1,)]


def test_a_row_of_a_device_lies_in_its_visit_and_does_not_make_that_offline(build):
    build.feed("a.csv", "2021-01-01 00:01:00,phone,survey_answer", header="occurred_at,user_pseudo_id,event_name")
    source = params(source="google", medium="organic")
    build.load(row(120, "page_view", "phone", event_params=source), row(0, "page_view", "bo"))
    rebuild(build.connection, build.settings)
    assert build.ask("SELECT device_id, channel, event_count FROM sessions ORDER BY 1") == [
        ("bo", "Direct", 1),
        ("phone", "Organic Search", 2),
    ]


def test_a_feed_that_names_a_source_has_the_channel_of_that(build):
    build.feed(
        "a.csv", "2021-01-01,ida,fair_visit,partner,affiliate", header="occurred_at,user_id,event_name,source,medium"
    )
    build.load(row())
    rebuild(build.connection, build.settings)
    assert build.column("channel", "sessions", "device_id") == ["Direct", "Affiliates"]


def test_now_is_the_end_of_the_last_export_day_whatever_feeds_hold(build):
    build.feed("a.csv", "2031-01-01,ida,store_visit", "2011-01-01,ida,store_visit")
    build.load(row(), journey_window=timedelta(days=1))
    rebuild(build.connection, build.settings)
    assert build.ask("SELECT value FROM memory WHERE name = 'as_of'") == [("2021-01-02T00:00:00",)]
    assert build.ask("SELECT outcome, is_mature FROM journeys WHERE person_id = 'u:ida' ORDER BY started_at") == [
        ("dropped_off", True),
        ("open", False),
    ]


def test_the_device_of_a_feed_is_that_of_its_stream_where_there_are_several(build):
    build.feed("a.csv", "2021-01-01,phone,1,help", header="occurred_at,user_pseudo_id,stream_id,event_name")
    build.load(row(0, "page_view", "phone", stream_id="1"), row(0, "page_view", "phone", stream_id="2"))
    assert build.column("device_id", order="device_id") == ["phone@1", "phone@1", "phone@2"]
    assert reloaded(build) == []
    build.feed("b.csv", "2021-01-03,phone,1,help", header="occurred_at,user_pseudo_id,stream_id,event_name")
    build.load()
    assert build.ask("SELECT count(*) FROM events WHERE event_date = DATE '2021-01-01'") == [(3,)]
    assert MIDNIGHT // SECOND == 1_609_459_200
