"""Time zones: one set of rules tells all local days, as_of follows events, and a setting that is wrong is told."""

import shutil
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from operator import itemgetter

import duckdb
import pytest

from models.settings import Settings, SettingsError
from pipelines.checks import alarms
from pipelines.definitions import build_definitions
from pipelines.rebuilding import read_rules
from pipelines.rules import warnings
from pipelines.zones import check_zones, end_of_day, last_day, local_time, tell_zone, zone_of_clock
from tests.exports_by_hand import row, write
from tests.nights_by_hand import MISTAKE

DAYS = 86400
NEXT = "events_20210102.parquet"
RULES = {rule.name: rule for rule in warnings()}


def hits(offset):
    """An event each quarter of a UTC day, exported with the day that a clock so many hours ahead of UTC shows."""
    for quarter in range(96):
        day = datetime(2021, 1, 1) + timedelta(hours=quarter / 4 + offset)
        yield row(quarter * 900, "page_view", f"p{quarter}", event_date=f"{day:%Y%m%d}")


def told(build, name):
    tell_zone(build.connection, build.settings)
    return alarms(build.connection, RULES[name])


@pytest.mark.parametrize(
    ("zone", "day", "end"),
    [
        ("UTC", date(2026, 1, 1), "2026-01-02 00:00"),
        ("Europe/Copenhagen", date(2026, 3, 29), "2026-03-29 22:00"),  # the day on which summer time begins
        ("America/Vancouver", date(2026, 11, 10), "2026-11-11 07:00"),  # as DuckDB knows since it stays on summer time
        ("America/Santiago", date(2026, 9, 5), "2026-09-06 04:00"),  # clocks are put on at midnight: there is no 00:00
        ("America/Havana", date(2026, 10, 31), "2026-11-01 04:00"),  # clocks are put back to midnight: two 00:00
        ("Asia/Kathmandu", date(2026, 1, 1), "2026-01-01 18:15"),
        ("Pacific/Kiritimati", date(2026, 1, 1), "2026-01-01 10:00"),
        ("Etc/GMT+12", date(2026, 1, 1), "2026-01-02 12:00"),
    ],
)
def test_a_day_ends_where_local_days_of_tables_do(zone, day, end):
    ended = end_of_day(day, zone)
    assert ended == datetime.fromisoformat(end)
    assert local_time((ended - timedelta(seconds=1)).replace(tzinfo=UTC), zone).date() == day
    assert local_time(ended.replace(tzinfo=UTC), zone).date() > day


@pytest.mark.parametrize("name", ["timezone", "feed_timezone"])
def test_a_zone_is_one_where_duckdb_knows_it(name):
    for zone in ("Europe/Copenhagen", "America/Argentina/Ushuaia", "Etc/GMT-13", "UTC"):
        check_zones(Settings(**{name: zone}))
    for zone in ("Mars/Olympus", "europe/copenhagen", "UTC+05:30", "localtime"):
        with pytest.raises((SettingsError, ValueError), match="no time zone; write one such as Europe/Copenhagen"):
            check_zones(Settings(**{name: zone}))


def test_an_unknown_zone_is_a_mistake_of_one_line(night):
    night.refuses(MISTAKE, "setting 'timezone' is 'Mars/Olympus': no time zone", words=("--timezone", "Mars/Olympus"))


def test_a_zone_that_the_machine_does_not_know_starts_nights():
    with duckdb.connect() as connection:
        known = [name for (name,) in connection.execute("SELECT name FROM pg_timezone_names()").fetchall()]
    assert "SystemV/PST8" in known
    assert zone_of_clock("SystemV/PST8") == "Etc/GMT+8"
    assert zone_of_clock("Europe/Oslo") == "Europe/Oslo"
    build_definitions(Settings(timezone="SystemV/PST8"))


def test_as_of_is_the_end_of_the_last_day_with_events_of_its_own(build):
    build.load(row(12 * 3600), timezone="America/Los_Angeles")
    build.write(NEXT, row(DAYS + 3600))  # still the first of January in Los Angeles
    build.write("events_20210103.parquet", row(3 * DAYS + 9 * 3600))
    build.write("events_20210104_000.json")
    build.write("events_20210104_001.json")
    build.load()
    assert last_day(build.connection, "America/Los_Angeles") == date(2021, 1, 1)
    assert read_rules(build.connection, build.settings).as_of == datetime(2021, 1, 2, 8)
    exports = build.exports
    assert told(build, "hold_events_of_their_day") == [
        f"no event of 2021-01-02 in {exports}/{NEXT}; it does not move as_of, the end of 2021-01-01",
        f"no event of 2021-01-03 in {exports}/events_20210103.parquet; it does not move as_of, the end of 2021-01-01",
        f"no event of 2021-01-04 in {exports}/events_20210104_000.json and 1 more; it does not move as_of,"
        " the end of 2021-01-01",
    ]
    build.load(timezone="UTC")
    assert read_rules(build.connection, build.settings).as_of == datetime(2021, 1, 3)
    build.feed("desk.csv", "2021-01-04T12:00:00Z,ida,help")
    build.load()
    assert last_day(build.connection, "UTC") == date(2021, 1, 2)


def test_without_any_event_the_last_day_loaded_decides(build):
    build.write("events_20210104.json")
    build.load()
    assert read_rules(build.connection, build.settings).as_of == datetime(2021, 1, 5)
    assert told(build, "hold_events_of_their_day") == []


@pytest.mark.parametrize(
    ("offset", "zone", "words"),
    [
        (13, "UTC", "52 of 96 events (54.2 %); at UTC+13:00 that would be 0.0 %, in Pacific/Auckland 0.0 %"),
        (1, "UTC", "4 of 96 events (4.2 %); at UTC+01:00 that would be 0.0 %, in Europe/Copenhagen 0.0 %"),
        (0, "Europe/Copenhagen", "4 of 96 events (4.2 %); at UTC+00:00 that would be 0.0 %, in UTC, Atlantic"),
        (-11, "UTC", "44 of 96 events (45.8 %); at UTC-11:00 that would be 0.0 % (Etc/GMT+11)"),
        (5.5, "UTC", "22 of 96 events (22.9 %); at UTC+05:30 that would be 0.0 %, in Asia/Kolkata 0.0 %"),
        (5.75, "UTC", "23 of 96 events (24.0 %); at UTC+06:00 that would be 1.0 %, in Asia/Kathmandu 0.0 %"),
        (-9.5, "UTC", "38 of 96 events (39.6 %); at UTC-09:30 that would be 0.0 %: set"),
    ],
)
def test_a_wrong_zone_is_told_with_one_that_fits(build, offset, zone, words):
    for day, rows in groupby(hits(offset), key=itemgetter("event_date")):
        build.write(f"events_{day}.parquet", *rows)
    build.feed("desk.csv", *(f"2021-01-0{day}T23:59:00Z,u{n},help" for day in (1, 2) for n in range(50)))
    build.load(timezone=zone)
    (line,) = told(build, "happen_on_their_exported_day")
    assert line.startswith(f"setting timezone is {zone}, but the local day is not the event_date of {words}")
    assert line.endswith(": set the time zone of the property")


def test_one_event_in_a_hundred_may_be_late(build):
    rows = [row(second, "page_view", f"p{second}") for second in range(3600, 3699)]
    late = [row(-second, "page_view", "late") for second in (60, 120)]
    build.load(*rows, late[0])
    assert told(build, "happen_on_their_exported_day") == []
    build.load(*rows, *late)
    (line,) = told(build, "happen_on_their_exported_day")
    assert "event_date of 2 of 101 events (2.0 %); at UTC+01:00 that would be 0.0 %" in line


def test_a_night_tells_of_both_and_publishes(night):
    shutil.rmtree(night.exports)
    shutil.rmtree(night.database.parent)
    for day in ("20210101", "20210102"):
        rows = [one for one in hits(13) if one["event_date"] == day]
        write(night.exports / f"events_{day}.parquet", rows)
    write(night.exports / "events_20520101.json", [])
    code, out, err = night.run()
    assert (code, err) == (0, "")
    lines = " ".join(out.split())
    assert "the local day is not the event_date of 52 of 96 events" in lines
    assert "no event of 2052-01-01 in" in lines
    with duckdb.connect(night.database, read_only=True) as published:
        assert published.execute("SELECT as_of FROM run_settings").fetchall() == [(datetime(2021, 1, 2),)]
        told = {
            name: found for name, *found in published.execute("SELECT name, value, value_on FROM quality").fetchall()
        }
    assert told["last_export_day"] == [None, date(2021, 1, 1)]
    assert told["provisional_day_share"] == [1.0, None]
