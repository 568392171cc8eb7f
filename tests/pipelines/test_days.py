"""Many days: keys that are the same in any order, reloads that replace whole, and what only several days can tell."""

import shutil
from datetime import date
from hashlib import md5

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.days import find_days, load_days
from pipelines.engines.local import LocalEngine
from pipelines.exports import ExportError
from tests.exports_by_hand import DAY, Build, params, row

DAYS = 86400
NEXT = "events_20210102.parquet"


def fresh(build, folder):
    """The same exports loaded into a new build file."""
    other = Build(folder, **{key: value for key, value in build.choices.items() if key not in ("exports", "database")})
    shutil.copytree(build.exports, other.exports, dirs_exist_ok=True)
    other.load()
    events = other.events()
    other.close()
    return events


# The key of an event.


def test_the_key_of_an_event_is_that_of_its_device_stream_microsecond_name_and_rank(build):
    build.load(row(), row(1, "purchase", None), row(stream_id="7"), row(user_id="u"))
    words = ["ana||1609459200000000|page_view|0", "ana||1609459200000000|page_view|1",
             "ana|7|1609459200000000|page_view|0", "||1609459201000000|purchase|0"]  # fmt: skip
    assert set(build.column("event_id")) == {key(word) for word in words}


def key(words):
    """The upper 63 bits of the MD5 hash, as a number: the same in every version and on every machine."""
    return int.from_bytes(md5(words.encode()).digest(), "little") >> 65


def test_events_equal_in_device_time_and_name_are_ranked_by_batch_then_content(build):
    rows = [row(batch_page_id=page, event_params=params(a=a)) for page in (None, 1, 2) for a in ("x", "y")]
    build.load(*rows)
    query = "SELECT batch_page_id, param_text(event_params, 'a') AS a, content_rank, event_id FROM events ORDER BY ALL"
    found = build.ask(query)
    assert [one[:3] for one in found] == [
        (1, "x", 0),
        (1, "y", 1),
        (2, "x", 0),
        (2, "y", 1),
        (None, "x", 0),
        (None, "y", 1),
    ]
    assert {one[3] for one in found[4:]} == {key(f"ana||1609459200000000|page_view|{rank}") for rank in (0, 1)}
    build.load(*rows[::-1])
    assert build.ask(query) == found


def test_a_rank_counts_neither_duplicates_nor_what_is_excluded(build):
    build.load(row(), row(user_id="b"))
    wanted = build.column("event_id", order="ALL")
    twice = [row(), row(), row(user_id="b"), row(user_id="a"), row(user_id="a"), row(user_id="b")]
    build.load(*twice, exclude="user_id = 'a'")
    assert build.column("event_id", order="ALL") == wanted
    assert build.counts() == {DAY: (6, 2, 3, 0, 1)}


MORE = st.fixed_dictionaries(
    {},
    optional={
        "user_id": st.sampled_from(["", "u"]),
        "batch_page_id": st.integers(1, 2),
        "stream_id": st.sampled_from(["1", "2"]),
        "items": st.just([{"item_id": "A"}]),
        "new": st.sampled_from(["x", None]),
    },
)
ROWS = st.tuples(st.sampled_from([0, 1, DAYS - 1, DAYS]), st.sampled_from(["page_view", "purchase"]), MORE)


def shuffled(folder, days, order):
    """Load rows of two days as two shards each, dealt in an order, in formats that it picks."""
    build = Build(folder)
    for number, rows in enumerate(days, 1):
        order.shuffle(rows)
        cut = order.randint(0, len(rows))
        for part, shard in enumerate((rows[:cut], rows[cut:])):
            suffix = order.choice(["parquet", "json", "json.gz"])
            if shard:
                build.write(f"events_2021010{number}00000000000{part}.{suffix}", *shard)
    build.load()
    found = (
        build.events(),
        build.ask("FROM items ORDER BY ALL"),
        build.ask("SELECT export_day, sum(rows_read), sum(events), sum(duplicates) FROM loads GROUP BY 1 ORDER BY 1"),
    )
    build.close()
    return found


@settings(max_examples=6, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    st.lists(st.lists(ROWS, min_size=1, max_size=6), min_size=2, max_size=2),
    st.randoms(use_true_random=False),
)
def test_the_order_of_rows_and_files_never_matters(tmp_path_factory, days, order):
    made = [[row(at, name, **more) for at, name, more in day] for day in days]
    first = shuffled(tmp_path_factory.mktemp("first"), [list(day) for day in made], order)
    assert shuffled(tmp_path_factory.mktemp("other"), made, order) == first


# Equals that came in exports of different days.


def test_equals_from_exports_of_different_days_have_keys_of_their_own(build, tmp_path):
    items = [{"item_id": "A"}, {"item_id": "B"}]
    build.write(DAY, row(5, items=items), row(5, user_id="b"), row(9))
    build.write(NEXT, row(5, items=items), row(5, user_id="c"))
    build.load()
    assert build.ask("SELECT count(*), count(DISTINCT event_id) FROM events") == [(5, 5)]
    assert build.ask("SELECT count(*) FROM items SEMI JOIN events USING (event_id, export_date)") == [(4,)]
    assert build.ask("SELECT count(DISTINCT event_id) FROM items") == [(2,)]


def test_an_equal_of_a_day_long_loaded_keeps_its_key_when_a_later_day_comes_alone(build):
    build.write(DAY, row(5))
    build.write("events_20210103.parquet", row(5, user_id="b"))
    build.load()
    wanted = build.column("event_id", order="ALL")
    assert len(set(wanted)) == 2
    build.write("events_20210107.parquet", row(6 * DAYS))
    build.load()
    assert set(wanted) < set(build.column("event_id", order="ALL"))
    assert build.ask("SELECT count(*), count(DISTINCT event_id) FROM events") == [(3, 3)]


def test_loading_again_changes_nothing(build):
    build.write(DAY, row(5), row(5, user_id="b"), row(DAYS + 1))
    build.write(NEXT, row(5), row(5, user_id="c"), row(DAYS + 1))
    build.load()
    wanted = build.events()
    for _ in range(2):
        build.load()
        assert build.events() == wanted


@pytest.mark.parametrize("at", [5, DAYS + 5], ids=["home in the first", "home in the second"])
@pytest.mark.parametrize("gone", [DAY, NEXT])
def test_keys_are_those_of_a_fresh_load_when_an_equal_goes(build, tmp_path, at, gone):
    build.write(DAY, row(at), row(at, user_id="b", batch_page_id=1), row(1))
    build.write(NEXT, row(at), row(at, user_id="c", batch_page_id=2), row(DAYS + 1))
    build.load()
    (build.exports / gone).unlink()
    build.load(vanished_days="drop")
    assert build.events() == fresh(build, tmp_path / "dropped")
    build.write(gone, row(at, user_id="d"))
    build.load()
    assert build.events() == fresh(build, tmp_path / "reloaded")


def test_an_event_that_came_on_its_own_day_keeps_its_key_when_an_equal_goes(build, tmp_path):
    build.write(DAY, row(DAYS + 5), row(1))
    build.write(NEXT, row(DAYS + 5, batch_page_id=2), row(DAYS + 5))
    build.load()
    build.write(DAY, row(1))
    days = find_days(build.settings).days
    load_days(build.connection, {date(2021, 1, 1): days[date(2021, 1, 1)]}, build.settings)
    assert build.events() == fresh(build, tmp_path / "fresh")


def test_one_day_loaded_alone_gives_what_all_days_at_once_give(build, tmp_path):
    for number, name in enumerate((DAY, NEXT, "events_20210103.parquet")):
        strays = row(DAYS), row(DAYS, user_id=str(number)), row(7, stream_id=str(number))
        build.write(name, *strays, row(number * DAYS))
    build.load()
    wanted = build.events()
    days = find_days(build.settings).days
    for day in reversed(days):
        load_days(build.connection, {day: days[day]}, build.settings)
    assert build.events() == wanted
    other = Build(tmp_path / "other")
    for day in reversed(days):
        load_days(other.connection, {day: days[day]}, other.settings)
    assert other.events() == wanted
    other.close()


# A day loaded again.


@pytest.mark.parametrize(
    "rows",
    [
        [row(1)],
        [row(1), row(2), row(3), row(4, items=[{"item_id": "A"}])],
        [row(1, "other"), row(None)],
        [row(None), row(9, "beside")],
    ],
    ids=["fewer", "more", "other", "one that counts"],
)
def test_a_day_loaded_again_is_replaced_whole(build, tmp_path, rows):
    build.write(DAY, row(1, items=[{"item_id": "B"}]), row(2), row(None))
    build.write(NEXT, row(DAYS))
    build.load()
    build.write(DAY, *rows)
    build.load(shrunken_days="load")
    assert build.events() == fresh(build, tmp_path / "fresh")
    assert build.counts()[DAY][0] == len(rows)
    assert build.ask("SELECT count(*) FROM items ANTI JOIN events USING (event_id)") == [(0,)]
    assert build.ask("SELECT count(*) FROM quarantine") == [(sum(one["event_timestamp"] is None for one in rows),)]


def test_a_file_that_moves_is_not_loaded_twice(build):
    build.write(DAY, row(1))
    build.load()
    (build.exports / "deep").mkdir()
    (build.exports / DAY).rename(build.exports / "deep" / DAY)
    build.load()
    assert build.counts() == {DAY: (1, 1, 0, 0, 0)}


# Several streams.


def test_where_several_streams_are_loaded_a_device_is_one_of_its_stream(build, tmp_path):
    build.write(DAY, row(1, stream_id="1"), row(2, "page_view", None, stream_id="1"), row(3))
    build.load()
    keys = build.column("event_id")
    assert build.column("device_id") == ["ana", None, "ana"]
    build.write(NEXT, row(DAYS, stream_id="2"))
    build.load()
    assert build.column("device_id") == ["ana@1", None, "ana", "ana@2"]
    assert build.column("event_id")[:3] == keys
    build.load()
    assert build.events() == fresh(build, tmp_path / "both")
    (build.exports / NEXT).unlink()
    build.load(vanished_days="drop")
    assert build.column("device_id") == ["ana", None, "ana"]
    assert build.column("event_id") == keys


def test_the_same_device_time_and_name_in_two_streams_are_two_events(build):
    build.load(row(stream_id="1"), row(stream_id="2"))
    assert build.ask("SELECT count(DISTINCT event_id), count(DISTINCT device_id) FROM events") == [(2, 2)]


# Failing.


def test_a_bad_file_leaves_its_chunk_as_it_was(build):
    build.write(DAY, row(1))
    build.write(NEXT, row(DAYS))
    build.load()
    wanted = build.events()
    build.write(DAY, row(1), row(2))
    (build.exports / NEXT).write_bytes(b"PAR1 broken")
    with pytest.raises(ExportError, match=NEXT):
        build.load()
    assert build.events() == wanted


def test_keep_going_leaves_the_bad_file_out_and_names_it(build):
    build.write("events_20210101_a.parquet", row(1))
    (build.exports / "events_20210101_b.parquet").write_bytes(b"PAR1 broken")
    (build.exports / "events_20210102.json").write_text('{"event_name": "cut')
    (build.exports / "undated.json").write_text('{"event_name": "cut')
    build.write("events_20210103.parquet", row(2 * DAYS))
    skipped = build.load(keep_going=True).skipped
    assert [line.split(" ")[0].rsplit("/")[-1] for line in skipped] == [
        "undated.json", "events_20210101_b.parquet", "events_20210102.json"
    ]  # fmt: skip
    assert not any("--keep-going" in line for line in skipped)
    assert list(build.counts()) == ["events_20210101_a.parquet", "events_20210103.parquet"]


def test_days_are_loaded_in_chunks_and_each_is_told(build, monkeypatch):
    assert LocalEngine.chunk_bytes > 1
    monkeypatch.setattr(LocalEngine, "chunk_bytes", 1)
    for number, name in enumerate((DAY, NEXT, "events_20210103.json")):
        build.write(name, row(number * DAYS))
    assert [str(day.day) for day in build.load().days] == ["2021-01-01", "2021-01-02", "2021-01-03"]
