"""What was loaded is kept: days whose files go, shrink or break stay as they were, and each night says so."""

from tests.exports_by_hand import DAY, row
from tests.nights_by_hand import MISTAKE, NEXT

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
