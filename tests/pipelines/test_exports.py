"""Finding files: what is an export, which day it holds, and which of a day's tables wins."""

from datetime import date

import pytest

from pipelines.days import find_days
from pipelines.exports import ExportError, day_of_name, find_exports
from tests.exports_by_hand import DAY, Build, params, row


@pytest.mark.parametrize(
    ("name", "day", "kind"),
    [
        ("events_20210131.parquet", date(2021, 1, 31), "daily"),
        ("events_20210131", date(2021, 1, 31), "daily"),
        ("events_20210131000000000000.parquet", date(2021, 1, 31), "daily"),
        ("events_20210131_000000000012.json.gz", date(2021, 1, 31), "daily"),
        ("events_20210131-000000000012.avro", date(2021, 1, 31), "daily"),
        ("events_intraday_20210131.json", date(2021, 1, 31), "intraday"),
        ("events_fresh_20210131000000000000.parquet", date(2021, 1, 31), "fresh"),
        ("events_20211399.parquet", None, "daily"),
        ("export-7.parquet", None, "daily"),
        ("users_20210131.parquet", None, "daily"),
    ],
)
def test_day_and_kind_are_in_the_name(name, day, kind):
    assert day_of_name(name) == (day, kind)


def test_a_directory_is_searched_whole_and_what_is_no_export_is_passed_over(build):
    for name in ("events_20210101.parquet", "deep/er/events_20210102.json.gz", "events_20210103"):
        build.write(name, row())
    for name in (".events_20210104.parquet", "_SUCCESS", "readme.md", "events_20210105.csv", "events_20210106.crc"):
        (build.exports / name).write_text("not an export")
    names = [file.name for file in find_exports(str(build.exports))]
    assert sorted(names) == ["events_20210101.parquet", "events_20210102.json.gz", "events_20210103"]


def test_an_address_is_a_directory_a_file_or_a_glob(build):
    for day in (1, 2, 11):
        build.write(f"events_202101{day:02}.parquet", row())
    assert len(find_exports(str(build.exports / "events_20210102.parquet"))) == 1
    assert len(find_exports(str(build.exports / "events_2021010*.parquet"))) == 2
    assert len(find_exports(f"file://{build.exports}")) == 3


def test_a_directory_whose_name_looks_like_a_glob_is_a_directory(tmp_path):
    build = Build(tmp_path / "shop [dk] *")
    build.write(DAY, row())
    assert [file.name for file in find_exports(str(build.exports))] == [DAY]


def test_a_file_whose_name_looks_like_a_glob_or_sql_is_loaded(build):
    build.write("events_20210101[it's] *.parquet", row())
    build.write("events_20210101.parquet", row(1))
    build.load()
    assert list(build.counts().values()) == [(1, 1, 0, 0, 0)] * 2


@pytest.mark.parametrize("address", ["nowhere", "nowhere/*.parquet", "empty", "nosuch://bucket/x"])
def test_nothing_to_load_is_said_with_the_address(tmp_path, monkeypatch, address):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ExportError, match=address.replace("*", r"\*")):
        find_exports(address)


def test_shards_are_one_day(build):
    build.write("events_20210101000000000000.parquet", row(0), row(1))
    build.write("events_20210101000000000001.json.gz", row(2))
    build.write("events_20210101000000000002.avro", row(3))
    build.write("events_20210101000000000003.json")
    assert [day.rows_read for day in build.load().days] == [4]
    assert build.counts()["events_20210101000000000003.json"] == (0, 0, 0, 0, 0)
    assert build.column("occurred_at::TIME::VARCHAR") == ["00:00:00", "00:00:01", "00:00:02", "00:00:03"]


@pytest.mark.parametrize(
    ("kinds", "winner"),
    [(("", "intraday_", "fresh_"), ""), (("intraday_", "fresh_"), "fresh_"), (("intraday_",), "intraday_")],
)
def test_daily_wins_over_fresh_and_fresh_over_intraday(build, kinds, winner):
    for number, kind in enumerate(kinds):
        build.write(f"events_{kind}20210101.parquet", row(number), row(number, "view_item"))
    build.load()
    assert build.column("DISTINCT parse_filename(source_file)", order="ALL") == [f"events_{winner}20210101.parquet"]
    assert build.column("is_final", "loads", "ALL") == [winner == ""]


def test_the_daily_table_replaces_the_unfinished_one_as_soon_as_it_is_there(build):
    build.write("events_intraday_20210101.parquet", row(0), row(1))
    build.load()
    build.write("events_20210101.parquet", row(0), row(1), row(2))
    build.load()
    assert build.counts() == {"events_20210101.parquet": (3, 3, 0, 0, 0)}


@pytest.mark.parametrize("name", ["export-7.parquet", "20210105/part-0.json.gz", "x.avro", "events_20219999.parquet"])
def test_a_file_whose_name_tells_no_day_has_that_of_its_event_date(build, name):
    build.write(name, row(event_date="20210102"), row(event_date=None))
    assert list(find_days(build.settings).days) == [date(2021, 1, 2)]
    build.load()
    assert build.column("export_date::VARCHAR") == ["2021-01-02"] * 2
    assert build.column("event_date::VARCHAR") == ["2021-01-02"] * 2


@pytest.mark.parametrize(
    ("dates", "said"),
    [
        (("20210101", "20210103"), "days from 20210101 to 20210103"),
        ((None, None), "no event_date"),
        (("2021-01-01",), "event_date '2021-01-01'"),
    ],
)
def test_a_file_that_does_not_tell_its_one_day_is_an_error(build, dates, said):
    build.write("export.parquet", *(row(event_date=day) for day in dates))
    with pytest.raises(ExportError, match=f"export.parquet.*{said}"):
        find_days(build.settings)


def test_the_day_of_the_name_counts_even_where_event_date_is_another(build):
    build.write("events_20210102.parquet", row(event_date="20210101", event_params=params(a=1)))
    build.load()
    assert build.ask("SELECT export_date::VARCHAR, event_date::VARCHAR FROM events") == [("2021-01-02", "2021-01-01")]
