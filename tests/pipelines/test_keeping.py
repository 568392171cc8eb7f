"""What was loaded is kept: days whose files go, shrink or break stay as they were, and each night says so."""

from datetime import date

import duckdb
import pytest

from pipelines.days import find_days
from pipelines.held import held_days
from pipelines.ingesting import ingest
from tests.exports_by_hand import DAY, row, write
from tests.nights_by_hand import MISTAKE, NEXT, SECONDS

DAYS = 86400
THIRD, FOURTH = "events_20210103.parquet", "events_20210104.parquet"
LOADED = ("events", "items", "quarantine", "loads")


def rows(build):
    """All that was loaded, row for row."""
    passing = {"loads": "EXCLUDE (file_state)"}
    return {name: build.ask(f"SELECT * {passing.get(name, '')} FROM {name} ORDER BY ALL") for name in LOADED}


def write_days(build):
    """Four days with an event, an item and a quarantined row each."""
    for number, name in enumerate((DAY, NEXT, THIRD, FOURTH)):
        build.write(name, row(number * DAYS, items=[{"item_id": "A"}]), row(None))


# Days whose files are gone.


def test_days_whose_files_are_gone_stay_and_are_named(build):
    write_days(build)
    assert build.load().told == []
    before = rows(build)
    for name in (DAY, NEXT, FOURTH):
        (build.exports / name).unlink()
    said = ["kept: days that have no files any more stay loaded: 2021-01-01 to 2021-01-02, 2021-01-04"]
    assert [build.load().told, build.load().told] == [said, said]
    assert rows(build) == before


def test_days_whose_files_are_gone_are_dropped_where_told(build):
    write_days(build)
    build.load()
    for name in (DAY, FOURTH):
        (build.exports / name).unlink()
    told = build.load(vanished_days="drop").told
    assert told == ['dropped: days that have no files any more: 2021-01-01, 2021-01-04; vanished_days is "drop"']
    assert list(build.counts()) == [NEXT, THIRD]
    assert [len(build.ask(f"FROM {name}")) for name in LOADED] == [2, 2, 2, 2]
    assert build.load().told == []


def test_a_day_whose_files_come_back_is_named_no_more(build):
    write_days(build)
    build.load()
    before = rows(build)
    (build.exports / DAY).rename(build.exports.parent / DAY)
    build.load()
    (build.exports.parent / DAY).rename(build.exports / DAY)
    assert build.load().told == []
    assert rows(build) == before


def test_a_feed_whose_file_is_gone_goes_with_it_and_is_named(build):
    build.feed("tills.csv", "2021-01-01,ida,store_visit")
    build.feed("calls.csv", "2021-01-01,ida,phone_call")
    build.load(row())
    gone = build.exports.parent / "feeds" / "tills.csv"
    gone.unlink()
    assert build.load().told == [f"dropped: the rows of feeds that are gone: {gone}"]
    assert build.column("event_name", order="1") == ["page_view", "phone_call"]


def test_a_night_names_days_without_files_and_status_does(night, status):
    (night.exports / DAY).unlink()
    code, out, err = night.run()
    assert (code, err) == (0, "")
    assert out.count("kept: days that have no files any more stay loaded: 2021-01-01\n") == 1
    assert "400 rows read = 400 events" in out
    assert status()["without files"] == "2021-01-01: stay loaded"
    (night.exports / NEXT).unlink()
    assert night.run()[0] == MISTAKE


# Days that come again with less.


FIVE = [row(DAYS + second, items=[{"item_id": "A"}]) for second in range(4)] + [row(None)]
SHRUNKEN = (
    "kept: days that came again with less than half of their rows stay as they were loaded: 2021-01-02"
    " ({} rows for 5); --accept-shrunken loads them"
)
IN_PART = "kept: days of which some files are gone stay as they were loaded: {}; --accept-shrunken loads them"


@pytest.mark.parametrize(
    ("name", "left", "told"),
    [
        (NEXT, 2, SHRUNKEN.format(2)),
        ("events_20210102_a.parquet", 2, SHRUNKEN.format(2)),
        ("events_20210102.json", 0, SHRUNKEN.format(0)),
        ("events_intraday_20210102.parquet", 3, IN_PART.format("2021-01-02")),
    ],
    ids=["less than half", "by another name", "an empty file", "what is written for the time being"],
)
def test_a_day_that_comes_again_with_less_stays_and_is_named(build, name, left, told):
    build.write(NEXT, *FIVE)
    build.load()
    before = rows(build)
    (build.exports / NEXT).unlink()
    build.write(name, *FIVE[:left])
    build.write(THIRD, row(2 * DAYS, items=[{"item_id": "B"}]), row(None))
    assert [build.load().told, build.load().told] == [[told]] * 2
    after = rows(build)
    assert {table: len(after[table]) - len(before[table]) for table in LOADED} == dict.fromkeys(LOADED, 1)
    assert all(set(map(repr, before[table])) < set(map(repr, after[table])) for table in LOADED)


@pytest.mark.parametrize(("before", "now"), [(5, 3), (4, 2)])
def test_a_day_that_comes_again_with_half_of_its_rows_is_replaced(build, before, now):
    build.write(NEXT, *FIVE[:before])
    build.load()
    build.write(NEXT, *FIVE[:now])
    assert build.load().told == []
    assert build.counts() == {NEXT: (now, now, 0, 0, 0)}


def test_a_day_that_shrank_is_loaded_once_that_is_accepted(build):
    build.write(DAY, *FIVE[:4])
    build.load()
    build.write(DAY, row())
    assert build.load(shrunken_days="load").told == []
    assert build.counts() == {DAY: (1, 1, 0, 0, 0)}


def test_a_day_that_shrank_is_named_until_it_is_whole_again(build):
    build.write(DAY, row())
    build.write(NEXT, *FIVE)
    build.load()
    before = rows(build)
    build.write(NEXT, row(DAYS))
    build.load()
    found = find_days(build.settings)
    lines = [ingest(build.connection, found, build.settings, [date(2021, 1, 1)]).told for _ in range(2)]
    assert lines == [[SHRUNKEN.format(1)]] * 2
    build.write(NEXT, *FIVE)
    assert build.load().told == []
    assert rows(build) == before
    assert held_days(build.connection) == {}


@pytest.mark.parametrize(
    ("left", "names"),
    [
        ([0, 1], ["_0", "_1"]),
        ([2], ["_x"]),
        ([0, 1, 2], ["_0", "_1", "_2"]),
    ],
    ids=["one of three", "two of three, and another name", "an empty one"],
)
def test_a_day_of_which_files_are_gone_stays_and_is_named(build, left, names):
    shards = [[row(second)] for second in range(3)]
    for number, shard in enumerate([*shards, []]):
        build.write(f"events_20210101_{number}.json", *shard)
    build.load()
    before = build.events()
    for file in build.exports.iterdir():
        file.unlink()
    for shard, name in zip(left, names, strict=True):
        build.write(f"events_20210101{name}.json", *shards[shard])
    assert build.load().told == ([IN_PART.format("2021-01-01")] if len(left) < 3 else [])
    assert build.events() == before
    assert build.load(shrunken_days="load").told == []
    assert len(build.events()) == len(left)


def test_a_day_that_shrank_is_told_by_a_night_and_its_status(night, status):
    before = duckdb_rows(night)
    write(night.exports / NEXT, [row(SECONDS)])
    code, out, err = night.run()
    assert (code, err) == (0, "")
    assert "less than half of their rows stay as they were loaded: 2021-01-02 (1 rows for 200)" in out
    assert duckdb_rows(night) == before
    assert status()["held back"] == "2021-01-02: days that came again with less than half of their rows"
    assert night.run("--accept-shrunken")[0] == 0
    assert duckdb_rows(night) == [(200,), (1,)]
    assert "held back" not in status()


def duckdb_rows(night):
    """How many rows of each day are published."""
    with duckdb.connect(night.database, read_only=True) as connection:
        return connection.execute("SELECT count(*) FROM events GROUP BY export_date ORDER BY export_date").fetchall()


# Days that come again broken.


BROKEN = b"PAR1 broken"
STAYS = "the rows of 2021-01-02 that were loaded before stay"


@pytest.mark.parametrize(
    ("loaded", "now", "bad"),
    [
        ([NEXT], [], [NEXT]),
        (["events_20210102_0.parquet", "events_20210102_1.parquet"], ["_0"], ["events_20210102_1.parquet"]),
        (["events_20210102_0.parquet", "events_20210102_1.parquet"], ["_2"], ["events_20210102_3.parquet"]),
        (["events_intraday_20210102.parquet"], [], [NEXT]),
    ],
    ids=["its only file", "one of its files", "a file of a new delivery", "the daily table"],
)
def test_a_day_that_comes_again_broken_keeps_its_good_rows(build, loaded, now, bad):
    build.write(DAY, row())
    for number, name in enumerate(loaded):
        build.write(name, row(DAYS + number))
    build.load()
    before = build.events()
    for name in loaded:
        (build.exports / name).unlink()
    for name in now:
        build.write(f"events_20210102{name}.parquet", row(DAYS))
    for name in bad:
        (build.exports / name).write_bytes(BROKEN)
    build.write(THIRD, row(2 * DAYS))
    for _ in range(2):
        skipped = build.load(keep_going=True).skipped
        assert [(bad[0] in line, line.endswith(STAYS)) for line in skipped] == [(True, True)]
    assert [one for one in build.events() if date(2021, 1, 3) not in one] == before
    assert len(build.events()) == len(before) + 1


def test_a_day_with_a_file_that_was_never_good_follows_the_others(build):
    build.write("events_20210102_0.parquet", row(DAYS))
    (build.exports / "events_20210102_1.parquet").write_bytes(BROKEN)
    build.load(keep_going=True)
    build.write("events_20210102_0.parquet", row(DAYS), row(DAYS + 1))
    skipped = build.load().skipped
    assert [line.endswith(STAYS) for line in skipped] == [False]
    assert build.counts() == {"events_20210102_0.parquet": (2, 2, 0, 0, 0)}


def test_a_file_that_no_longer_tells_its_day_drops_none(build):
    build.write("late.json", row())
    build.write(NEXT, row(DAYS))
    build.load()
    (build.exports / "late.json").write_text('{"event_name": "cut')
    loaded = build.load(keep_going=True, vanished_days="drop")
    assert (len(loaded.skipped), loaded.told) == (1, [])
    assert list(build.counts()) == [NEXT, "late.json"]


def test_feeds_that_come_again_broken_keep_their_good_rows(build):
    build.feed("tills.csv", "2021-01-01,ida,store_visit")
    build.load(row())
    build.feed("calls.csv", "2021-01-01,ida,phone_call")
    (build.exports.parent / "feeds" / "tills.csv").write_text(
        "occurred_at,user_id,event_name\n2021-01-01,ida,x\n2021-0"
    )
    (line,) = build.load(keep_going=True).skipped
    assert line.endswith("the rows of feeds that were loaded before stay")
    assert build.column("event_name", order="1") == ["page_view", "store_visit"]


def test_a_day_without_files_stays_as_it_was_read_and_is_named(build):
    write_days(build)
    build.load()
    (build.exports / DAY).unlink()
    said = (
        "kept: days that have no files any more stay loaded: 2021-01-01; taken over from another file, or read with"
        " other settings: 2021-01-01"
    )
    assert [build.load(exclude="event_name = 'page_view'").told, build.load().told] == [[said]] * 2
    assert {name: counts[1:] for name, counts in build.counts().items()} == {
        DAY: (1, 0, 1, 0), **dict.fromkeys((NEXT, THIRD, FOURTH), (0, 0, 1, 1))
    }  # fmt: skip
