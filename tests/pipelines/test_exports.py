"""Finding files: what is an export, which day it holds, and which of a day's tables wins."""

import gzip
import os
from datetime import date

import fastavro
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.candidates import EMPTY, NOWHERE, OTHER_FOLDER, UNREAD, USERS
from pipelines.days import find_days
from pipelines.exports import ExportError, find_exports, search_exports
from pipelines.naming import read_path, split_suffix
from pipelines.standing import Due, read_due
from tests.exports_by_hand import DAY, Build, avro_schema, json_line, params, row, table, write


@pytest.mark.parametrize(
    ("path", "day", "kind"),
    [
        ("events_20210131.parquet", 31, "daily"),
        ("events_20210131", 31, "daily"),
        ("events_20210131000000000000.parquet", 31, "daily"),
        ("events_20210131_000000000012.json.gz", 31, "daily"),
        ("events_20210131-000000000012.avro", 31, "daily"),
        ("events_20210131_000000000012.gz", 31, "daily"),
        ("events_20210131.000000000012", 31, "daily"),
        ("events_intraday_20210131.json", 31, "intraday"),
        ("events_fresh_20210131000000000000.parquet", 31, "fresh"),
        ("events-2021-01-31.jsonl.zst", 31, "daily"),
        ("shop.analytics_123456789.events_20210131.parquet", 31, "daily"),
        ("shop.analytics_123456789.events_intraday_20210131", 31, "intraday"),
        ("ga4-EVENTS_INTRADAY_20210131.JSON", 31, "intraday"),
        ("intraday_events_20210131.json", 31, "intraday"),
        ("events_Intra-Day_20210131.json", 31, "intraday"),
        ("events$20210131.intraday.json", 31, "intraday"),
        # Folders.
        ("events_20210131/000000000000.parquet", 31, "daily"),
        ("events_intraday_20210131/000000000000.parquet", 31, "intraday"),
        ("EVENTS_FRESH_20210131/export-000000000000", 31, "fresh"),
        ("analytics_123456/events_fresh_20210131_000.avro", 31, "fresh"),
        ("events_20210131.parquet/part-00000.snappy.parquet", 31, "daily"),
        ("event_date=2021-01-31/hour=07/part-0.parquet", 31, "daily"),
        ("event_date_part=20210131/export-000000000000.parquet", 31, "daily"),
        ("Date=20210131/x.json", 31, "daily"),
        ("events_intraday/dt=2021-01-31/x.json", 31, "intraday"),
        ("table=events_fresh/date=20210131/x.json", 31, "fresh"),
        # A word in any folder; the nearest counts, and no word is none.
        ("intraday/events_20210131.json", 31, "intraday"),
        ("shop-intraday/2021/events_20210131.json", 31, "intraday"),
        ("events_intraday_20210131/events_20210131_000000000000.json", 31, "intraday"),
        ("events_20210131/events_intraday_20210131_000.json", 31, "intraday"),
        ("intraday/daily/events_20210131.json", 31, "daily"),
        ("intraday-and-daily/events_20210131.json", 31, "daily"),
        ("fresh/events_20210131.json", 31, "fresh"),
        ("ga4-fresh-tables/events_20210131.json", 31, "fresh"),
        ("fresh-foods/events_20210131.json", 31, "daily"),
        ("freshness/events_20210131.json", 31, "daily"),
        # Two days: that of the name before that of the folder; in one name, none.
        ("events_20210130/events_20210131.json", 31, "daily"),
        ("date=20210201/events_20210131.json", 31, "daily"),
        ("events_20210130/date=20210131/0.json", 31, "daily"),
        ("events_20210101_20210131.json", None, "daily"),
        ("events_20210131_exported-2021-02-01T0630.json", None, "daily"),
        ("events_20210101-20210131/000000000000.json", None, "daily"),
        # No day of a table: that of a delivery, a property, a shard, none that there is.
        ("20210131/part-0.json.gz", None, "daily"),
        ("load_date=20210131/part-0.json.gz", None, "daily"),
        ("analytics_20210131/export.json", None, "daily"),
        ("export-202101310000.json", None, "daily"),
        ("events_202101310000.json", None, "daily"),
        ("events_20210230.parquet", None, "daily"),
        ("events_20211399.parquet", None, "daily"),
        ("myevents_20210131.parquet", None, "daily"),
        ("intraday/export-7.parquet", None, "intraday"),
        ("export-7.parquet", None, "daily"),
    ],
)
def test_day_and_kind_are_in_the_path(path, day, kind):
    told = read_path(split_suffix(path)[0])
    assert (told.day, told.kind) == (day and date(2021, 1, day), kind)


@pytest.mark.parametrize(
    ("folder", "day", "kind"),
    [
        ("events_intraday_20210101", date(2021, 1, 1), "intraday"),
        ("shop.events_20210101", date(2021, 1, 1), "daily"),
        ("event_date=2021-01-01", date(2021, 1, 1), "daily"),
        ("intraday", None, "intraday"),
        ("intraday-tests", None, "daily"),
        ("fresh", None, "daily"),
        ("test_events_intraday_20210101_wins0", None, "daily"),
    ],
)
def test_folders_above_count_where_they_are_named_as_tables(tmp_path, folder, day, kind):
    place = tmp_path / folder
    write(place / "export.json", [row()])
    for address in (place, place / "export.json", place / "*.json", f"file://{place}/"):
        assert [(file.day, file.kind) for file in find_exports(str(address))] == [(day, kind)]


def test_a_directory_is_searched_whole_and_what_is_no_export_is_passed_over(build):
    for name in ("events_20210101.parquet", "deep/er/events_20210102.json.gz", "events_20210103"):
        build.write(name, row())
    silent = (
        ".events_20210104.parquet", "_SUCCESS", "readme.md", "README", "figures.csv", "users.csv",
        "events_20210101.parquet.crc", "events_20210101/notes.md", "events_20210103.json~", "events_20210103_$folder$",
        ".snapshot/events_20210101.parquet", "_temporary/0/events_20210101.parquet",
    )  # fmt: skip
    for name in silent:
        other(build, name, "not an export")
    search = search_exports(str(build.exports))
    assert [file.name for file in search.files] == [
        "events_20210102.json.gz",
        "events_20210101.parquet",
        "events_20210103",
    ]
    assert search.notes == []


def other(build, name, content=""):
    """A file that is no export."""
    path = build.exports / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    "name",
    ["events_20210102.csv", "events_20210102.xlsx", "events_20210102.orc", "events_20210102.json.bz2",
     "events_20210102.txt", "events_20210102.parquet.part", "events_intraday_20210102.tsv", "ga4_20210102.csv",
     "events_20210102/000000000000.csv.gz", "event_date=2021-01-02/part-0.orc", "20210102/part.zip"],
)  # fmt: skip
def test_what_is_named_like_a_day_and_not_read_is_told(build, name):
    build.write(DAY, row())
    path = other(build, name, "event_date,event_name")
    assert find_days(build.settings).notes == [f"{UNREAD}: {path}"]
    second = other(build, "events_20210109.csv")
    assert find_days(build.settings).notes == [f"{UNREAD}: 2 files, such as {min(str(path), str(second))}"]


@pytest.mark.parametrize(
    ("name", "content", "known"),
    [
        ("events_20210102", b"PAR1...", "parquet"),
        ("events_20210102/000000000000", b"Obj\x01...", "avro"),
        ("ga4/000000000000", b'\xef\xbb\xbf{"event_name": "x"}', "json"),
        ("shop.events_20210102", b"", "json"),
        ("events_20210102", b'cut off"}\n{"event_name": "x"}', "json"),
        ("events_20210102", gzip.compress(b'{"event_name": "x"}', mtime=0), "json"),
        ("events_20210102_000000000000.gz", gzip.compress(b'{"event_name": "x"}', mtime=0), "json"),
        ("events_20210102_000000000000.gz", b'{"event_name": "x"}', "json"),
        ("events_20210102.zst", b"\x28\xb5\x2f\xfd...", "json"),
        ("events_20210102.json.zst", b"\x28\xb5\x2f\xfd...", "json"),
        ("events_20210102.parquet.gz", b"PAR1...", "parquet"),
        ("events_20210102.avro.snappy", b"Obj\x01...", "avro"),
        ("events_20210102.parquet.gz", gzip.compress(b"PAR1...", mtime=0), None),
        ("events_20210102.gz", gzip.compress(b"Obj\x01...", mtime=0), None),
        ("events_20210102.json.snappy", b"\xff\x06\x00\x00sNaPpY", None),
        ("events_20210102", b"ORC...", None),
        ("events_20210102", b"event_date,event_name", None),
    ],
)
def test_without_a_suffix_that_tells_the_first_bytes_do(build, name, content, known):
    build.write(DAY, row())
    path = str(other(build, name, content))
    search = search_exports(str(build.exports))
    assert {file.address: file.format for file in search.files if file.name != DAY} == ({path: known} if known else {})
    assert search.notes == ([] if known else [f"{UNREAD}: {path}"])


@pytest.mark.parametrize("name", ["LICENSE", "backup.gz", "events/LICENSE", "part-7"])
def test_what_is_like_nothing_of_ours_is_passed_over_in_silence(build, name):
    build.write(DAY, row())
    other(build, name, "Permission is granted\n{to}")
    search = search_exports(str(build.exports))
    assert ([file.name for file in search.files], search.notes) == ([DAY], [])


@pytest.mark.parametrize(
    "name",
    ["pseudonymous_users_20210101.json", "users_20210101.parquet", "shop.USERS_20210101", "pseudonymous_users/x.json",
     "PSEUDONYMOUS_USERS_20210101/000000000000.gz", "users_20210101/000000000000.avro", "users/date=20210101/0.json",
     "users/000000000000.parquet", "users-000000000000.json"],
)  # fmt: skip
def test_the_export_of_users_is_passed_over_and_told(build, name):
    build.write(DAY, row())
    path = other(build, name, '{"pseudo_user_id": "1"}')
    found = find_days(build.settings)
    assert [[file.name for file in files] for files in found.days.values()] == [[DAY]]
    assert found.notes == [f"{USERS}: {path}"]


@pytest.mark.parametrize(
    "name", ["users/ida/events_20210101.json", "app_users/export.json", "users_events_20210101.json"]
)
def test_events_beneath_a_folder_of_users_are_read(build, name):
    build.write(name, row())
    assert list(find_days(build.settings).days) == [date(2021, 1, 1)]


def test_a_name_of_another_day_than_its_folder_is_told(build):
    path = build.write("events_20210102/events_20210101.json", row())
    found = find_days(build.settings)
    assert (list(found.days), found.notes) == ([date(2021, 1, 1)], [f"{OTHER_FOLDER}: {path}"])


@pytest.mark.timeout(30)
def test_links_and_what_is_no_regular_file_never_hold_up(build):
    build.write("shop/events_20210101.json", row())
    for link in ("a", "b", "shop/c"):
        (build.exports / link).symlink_to(build.exports)
    (build.exports / "0-archive").symlink_to("shop")
    for name, target in {
        "events_20210102.json": "nowhere.json",
        "events_20210103.json": "events_20210103.json",
    }.items():
        (build.exports / name).symlink_to(target)
    os.mkfifo(build.exports / "events_20210104.json")
    (build.exports / "null").symlink_to("/dev/null")
    found = find_days(build.settings)
    assert [file.address for file in found.days[date(2021, 1, 1)]] == [f"{build.exports}/shop/events_20210101.json"]
    assert found.notes == [f"{NOWHERE}: 3 files, such as {build.exports}/events_20210102.json"]


def test_a_directory_is_listed_by_a_link_where_it_lies_elsewhere(build, tmp_path):
    write(tmp_path / "elsewhere" / DAY, [row()])
    (build.exports / "link").symlink_to(tmp_path / "elsewhere")
    assert [file.address for file in find_exports(str(build.exports))] == [f"{build.exports}/link/{DAY}"]


def test_directories_that_a_glob_names_are_searched(build):
    for day in (1, 2):
        build.write(f"events_2021010{day}/000000000000.json", row())
    assert [file.day for file in find_exports(f"{build.exports}/events_*1")] == [date(2021, 1, 1)]
    assert len(find_exports(f"{build.exports}/**")) == 2


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
    line = f"{json_line(row(4))}\n".encode()
    other(build, "events_20210101_000000000004.gz", gzip.compress(line))
    other(build, "events_20210101_000000000005.ndjson.zst", pa.compress(line, "zstd", asbytes=True))
    build.write("events_20210101/000000000006", row(6))
    other(build, "events_20210101/000000000007", line.replace(b'"1609459204', b'"1609459207'))
    assert [day.rows_read for day in build.load().days] == [8]
    assert build.counts()["events_20210101000000000003.json"] == (0, 0, 0, 0, 0)
    assert build.counts()["events_20210101_000000000005.ndjson.zst"] == (1, 0, 1, 0, 0)
    assert build.column("epoch(occurred_at)::BIGINT - 1609459200") == [0, 1, 2, 3, 4, 6, 7]


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


@pytest.mark.parametrize(
    ("daily", "unfinished"),
    [
        ("events_20210101/000000000000.parquet", "events_intraday_20210101/000000000000.parquet"),
        ("daily/events_20210101.json", "INTRADAY/events_20210101.json"),
        ("event_date=2021-01-01/0.avro", "shop.EVENTS_FRESH_20210101.avro"),
        ("undated.json", "intraday/undated.json"),
    ],
)
def test_daily_wins_wherever_the_path_tells_the_kind(build, daily, unfinished):
    build.write(unfinished, row(0), row(1))
    build.write(daily, row(0), row(1), row(2))
    build.load()
    assert build.ask("SELECT source_file, is_final, events FROM loads") == [(str(build.exports / daily), True, 3)]


def test_a_day_in_two_folders_is_all_its_files(build):
    build.write("a/events_20210101.json", row(0), row(1))
    build.write("b/date=20210101/events.parquet", row(2))
    build.load()
    assert build.column("events", "loads", "ALL") == [1, 2]


def test_the_daily_table_replaces_the_unfinished_one_as_soon_as_it_is_there(build):
    build.write("events_intraday_20210101.parquet", row(0), row(1))
    build.load()
    build.write("events_20210101.parquet", row(0), row(1), row(2))
    build.load()
    assert build.counts() == {"events_20210101.parquet": (3, 3, 0, 0, 0)}


@pytest.mark.parametrize("name", ["export-7.parquet", "20210105/part-0.json.gz", "x.avro", "events_20219999.parquet"])
def test_a_file_whose_name_tells_no_day_has_that_of_its_event_date(build, name):
    build.write(name, row(event_date="20210102"), row(event_date=None), row(event_date=""))
    assert list(find_days(build.settings).days) == [date(2021, 1, 2)]
    build.load()
    assert build.column("export_date::VARCHAR") == ["2021-01-02"] * 3
    assert build.column("event_date::VARCHAR") == ["2021-01-02"] * 3


@pytest.mark.parametrize(
    ("dates", "said"),
    [
        (("20210101", "20210103"), "days from 20210101 to 20210103"),
        ((None, None), "no event_date"),
        (("1/2/2021", None), "event_date '1/2/2021'"),
    ],
)
def test_a_file_that_does_not_tell_its_one_day_is_an_error(build, dates, said):
    build.write("export.parquet", *(row(event_date=day) for day in dates))
    with pytest.raises(ExportError, match=f"export.parquet.*{said}"):
        find_days(build.settings)


def without_rows(build, name):
    """A shard that has columns, where its format has any, and no rows."""
    columns, path = table([row()]).slice(0, 0), other(build, name)
    if name.endswith(".parquet"):
        pq.write_table(columns, path)
    elif name.endswith(".avro"):
        with path.open("wb") as stream:
            fastavro.writer(stream, avro_schema(columns.schema), [])
    return path


@pytest.mark.parametrize("name", ["export-000000000001.parquet", "x.json", "000000000001", "20210101/part-1.avro"])
def test_a_file_without_rows_or_day_is_passed_over(build, name):
    build.write("export-000000000000.parquet", row())
    path = without_rows(build, name)
    build.load()
    assert build.column("source_file", "loads", "ALL") == [str(build.exports / "export-000000000000.parquet")]
    assert find_days(build.settings).notes == [f"{EMPTY}: {path}"]


def test_a_file_without_rows_whose_folder_tells_its_day_is_loaded(build):
    without_rows(build, "date=20210101/export.parquet")
    build.load()
    assert build.ask("SELECT export_day::VARCHAR, rows_read FROM loads") == [("2021-01-01", 0)]


def test_status_knows_files_whose_rows_told_their_day(build):
    shard = build.write("events_20210101_000000000000.json", row())
    other = build.write("export.json", row(1))
    build.load()
    build.connection.execute("CHECKPOINT")
    settings = build.settings
    build.close()
    settings = settings.model_copy(update={"database": settings.database.with_name("sojourn.build.duckdb")})
    assert read_due(settings) == Due([], [], False)
    write(other, [row(1), row(2)])
    assert read_due(settings) == Due([date(2021, 1, 1)], [], False)
    shard.unlink()
    assert read_due(settings) == Due([date(2021, 1, 1)], [], False)


def test_exports_without_a_row_or_day_are_a_mistake(build):
    path = without_rows(build, "export.json")
    with pytest.raises(ExportError, match=f"no day in {build.exports}; {EMPTY}: {path}"):
        find_days(build.settings)


def test_the_day_of_the_name_counts_even_where_event_date_is_another(build):
    build.write("events_20210102.parquet", row(event_date="20210101", event_params=params(a=1)))
    build.load()
    assert build.ask("SELECT export_date::VARCHAR, event_date::VARCHAR FROM events") == [("2021-01-02", "2021-01-01")]
