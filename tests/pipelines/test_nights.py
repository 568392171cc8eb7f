"""A night does what is new and no more: unchanged files are left, untouched people only age, restatements are told."""

import os
import threading
import time
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from models.settings import Settings
from pipelines.engines import local
from pipelines.followed import STORED
from pipelines.marts import write_day_figures, write_run_settings
from pipelines.rebuilding import rebuild
from pipelines.stale import clear_stale, note_counted
from tests.exports_by_hand import DAY, Build, params
from tests.exports_by_hand import row as row_of_first_day
from transforms.ageing import age

DAYS = 86400
NEXT = "events_20210102.parquet"
THIRD = "events_20210103.parquet"
PLAIN = Path(__file__).parents[1] / "golden" / "lifecycles" / "plain.yaml"


def row(at=0, *what, **more):
    """An export row that names the day it happened on."""
    return row_of_first_day(at, *what, event_date=f"2021010{1 + at // DAYS}", **more)


@pytest.fixture
def nights(tmp_path):
    """A build with a short window, so that journeys end within a few days."""
    build = Build(tmp_path, journey_window=timedelta(days=1))
    yield build
    build.close()


def pass_night(build: Build, **choices: object) -> int:
    """Load, rebuild and tell the days; how many events were rebuilt."""
    seen: list[int] = []
    build.load(**choices)
    settings: Settings = build.settings
    rebuild(build.connection, settings, seen.append)
    write_run_settings(build.connection, settings)
    write_day_figures(build.connection)
    return sum(seen)


def test_a_night_that_stops_while_a_batch_is_stored_leaves_nothing_of_it(nights, monkeypatch):
    def insert(connection, table, frame):
        stored(connection, table, frame)
        if table.name == "sessions":
            begun.set()
            time.sleep(0.5)

    def stop_at_the_second(events, rules):
        batches.append(events)
        if len(batches) == 2:
            assert begun.wait(60)
            raise KeyboardInterrupt
        return rebuilt(events, rules)

    batches, begun, stored, rebuilt = [], threading.Event(), local.insert_rows, local.rebuild_histories
    nights.write(DAY, *(row(second, "help", f"p{second}") for second in range(12)))
    with monkeypatch.context() as patch:
        patch.setattr(local, "insert_rows", insert)
        patch.setattr(local, "rebuild_histories", stop_at_the_second)
        with pytest.raises(KeyboardInterrupt):
            pass_night(nights, batch_rows=2)
    for table in STORED:
        assert nights.ask(f"SELECT count(*) FROM {table.name}") == [(0,)], table.name
    pass_night(nights)
    assert nights.ask("SELECT count(*), count(DISTINCT session_id) FROM unmatched_sessions") == [(12, 12)]


def test_a_rule_may_ask_for_a_param_whose_name_is_no_word(nights, tmp_path):
    rule = """  - {key: deal, phase: want, scope: event, when: '"param_deal size-2" = ''big''' }\n"""
    lifecycle = tmp_path / "ours.yaml"
    lifecycle.write_text(PLAIN.with_name("shop.yaml").read_text() + rule)
    nights.write(DAY, row(0, "scroll", event_params=params(**{"deal size-2": "big"})))
    pass_night(nights, lifecycle=str(lifecycle))
    assert ("deal",) in nights.ask("SELECT touchpoint FROM touchpoints")


# What is loaded.


def test_an_unchanged_file_is_not_read_again(nights):
    nights.write(DAY, row())
    nights.load()
    before = nights.ask("FROM loads")
    assert nights.load().days == []
    assert nights.ask("FROM loads") == before


def test_a_file_that_was_only_touched_is_told_by_its_content(nights):
    path = nights.write(DAY, row())
    nights.load()
    loaded_at, state = nights.ask("SELECT loaded_at, file_state FROM loads")[0]
    os.utime(path, ns=(1, 1))
    (day,) = nights.load().days
    assert (day.day, day.rows_read) == (date(2021, 1, 1), 0)
    assert nights.column("loaded_at", "loads", "1") == [loaded_at]
    assert nights.column("file_state", "loads", "1") != [state]


def test_a_changed_file_with_its_old_size_and_time_is_found(nights):
    path = nights.write(DAY, row(1, "scroll"))
    status = path.stat()
    nights.load()
    nights.write(DAY, row(1, "purch1"))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert path.stat().st_size == status.st_size
    nights.load()
    assert nights.column("event_name") == ["purch1"]


def test_another_exclude_reads_every_day_again(nights):
    nights.write(DAY, row(), row(1, "scroll"))
    nights.write(NEXT, row(DAYS, "scroll"))
    nights.load()
    nights.load(exclude="event_name = 'scroll'")
    assert nights.column("event_name") == ["page_view"]


# Who is rebuilt.


def test_events_of_all_days_are_marked_however_many_at_once(nights, monkeypatch):
    monkeypatch.setattr("pipelines.marking.CHUNK_ROWS", 1)
    nights.write(DAY, row(0), row(1, "scroll"))
    nights.write(NEXT, row(DAYS))
    nights.write(THIRD, row(2 * DAYS))
    pass_night(nights)
    marked = nights.ask("SELECT count(*), count(person_id), count(session_id), count(DISTINCT session_id) FROM events")
    assert marked == [(4, 4, 4, 3)]


def test_only_people_whose_history_is_touched_are_rebuilt(nights):
    nights.write(DAY, row(0), row(1), row(2, "page_view", "bob"))
    assert pass_night(nights) == 3
    nights.write(NEXT, row(DAYS, "page_view", "bob"))
    assert pass_night(nights) == 2
    assert pass_night(nights) == 0


def test_another_window_rebuilds_everybody(nights):
    nights.write(DAY, row(0), row(2, "page_view", "bob"))
    pass_night(nights)
    assert pass_night(nights, journey_window=timedelta(days=2)) == 2


def test_another_rule_of_the_lifecycle_rebuilds_everybody_and_reads_no_file_again(nights, tmp_path):
    mine = tmp_path / "mine.yaml"
    mine.write_text(PLAIN.read_text("utf-8"), "utf-8")
    nights.write(DAY, row(0, "page_view", "ana"), row(60, "page_view", "bo"))
    assert pass_night(nights, lifecycle=str(mine)) == 2
    loaded = nights.ask("FROM loads")
    mine.write_text(mine.read_text("utf-8").replace("event_name = 'page_view'", "event_name = 'page_view' AND true"))
    assert "AND true" in mine.read_text("utf-8")
    assert pass_night(nights) == 2
    assert nights.ask("FROM loads") == loaded


def test_another_title_or_owner_rebuilds_nobody(nights, tmp_path):
    mine = tmp_path / "mine.yaml"
    mine.write_text(PLAIN.read_text("utf-8"), "utf-8")
    nights.write(DAY, row(0, "page_view", "ana"))
    assert pass_night(nights, lifecycle=str(mine)) == 1
    mine.write_text(f"title: {{en: Another, da: En anden}}\n{PLAIN.read_text('utf-8')}", "utf-8")
    assert pass_night(nights) == 0


def test_a_login_in_a_later_night_joins_two_histories(nights):
    nights.write(DAY, row(0, "page_view", "phone", user_id="ida"), row(60, "page_view", "laptop"))
    pass_night(nights)
    assert nights.column("person_id", "sessions", "person_id") == ["d:laptop", "u:ida"]
    nights.write(NEXT, row(DAYS, "login", "laptop", user_id="ida"))
    assert pass_night(nights) == 3
    assert set(nights.column("person_id")) == set(nights.column("person_id", "journeys", "1")) == {"u:ida"}


def test_a_journey_to_which_nothing_happens_drops_off_as_time_passes(nights):
    nights.write(DAY, row())
    pass_night(nights)
    assert nights.ask("SELECT outcome, is_mature FROM journeys") == [("open", False)]
    nights.write(THIRD, row(2 * DAYS, "page_view", "bob"))
    assert pass_night(nights) == 1
    assert nights.ask("SELECT outcome, is_mature FROM journeys ORDER BY started_at") == [
        ("dropped_off", True),
        ("open", False),
    ]
    assert nights.ask("SELECT watched_until, next_state FROM stays ORDER BY entered_at LIMIT 1") == [
        (datetime(2021, 1, 2), "(drop-off)")
    ]


def test_durations_of_events_beyond_as_of_grow_with_it(nights):
    nights.write(DAY, row(DAYS - 60), row(DAYS + 60, "view_item"))
    pass_night(nights)
    assert nights.column("dwell_seconds", "stays", "entered_at") == [60.0, None]
    nights.write(NEXT, row(DAYS, "page_view", "bob"))
    pass_night(nights)
    assert nights.column("dwell_seconds", "stays", "entered_at")[0] == 120.0


def test_a_last_day_that_is_dropped_brings_back_the_now_of_before(nights):
    nights.write(DAY, row())
    path = nights.write(THIRD, row(2 * DAYS, "page_view", "bob"))
    pass_night(nights)
    path.unlink()
    pass_night(nights, vanished_days="drop")
    assert nights.ask("SELECT outcome, is_mature FROM journeys") == [("open", False)]


# What is stale afterwards.


def stale(build, of="person_id, outcome"):
    """People or listed journeys that are stale, which then are taken for counted and published."""
    note_counted(build.connection)
    rows = build.ask(f"SELECT {of} FROM stale_journeys JOIN journeys USING (journey_id) ORDER BY ALL")
    people = build.column("person_id", "stale_people", "1")
    clear_stale(build.connection)
    return people, rows


def test_stale_are_those_who_were_rebuilt_and_journeys_that_aged(nights):
    nights.write(DAY, row(), row(1, "page_view", "bob"))
    pass_night(nights)
    assert stale(nights) == (["d:ana", "d:bob"], [("d:ana", "open"), ("d:bob", "open")])
    nights.write(NEXT, row(DAYS, "page_view", "bob"))
    pass_night(nights)
    assert stale(nights) == (["d:bob"], [("d:ana", "dropped_off"), ("d:bob", "open")])
    nights.write(THIRD, row(2 * DAYS, "page_view", "cleo"))
    pass_night(nights)
    assert stale(nights) == (["d:cleo"], [("d:bob", "dropped_off"), ("d:cleo", "open")])


def test_journeys_that_went_are_stale(nights):
    nights.write(DAY, row(0, "page_view", "phone", user_id="ida"), row(60, "page_view", "laptop"))
    pass_night(nights)
    before = nights.column("journey_id", "journeys", "1")
    stale(nights)
    nights.write(NEXT, row(DAYS, "login", "laptop", user_id="ida"))
    pass_night(nights)
    assert len(nights.column("journey_id", "journeys", "1")) == 1 < len(before)
    assert set(nights.column("journey_id", "stale_journeys", "1")) == set(before)
    assert nights.column("person_id", "stale_people", "1") == ["d:laptop", "u:ida"]


def test_what_is_not_counted_stays_stale(nights):
    nights.write(DAY, row())
    pass_night(nights)
    clear_stale(nights.connection)
    assert stale(nights) == (["d:ana"], [("d:ana", "open")])
    assert stale(nights) == ([], [])


# What is told of it.


def told(build):
    rows = build.ask("SELECT day, table_name, figure, before, after, why FROM restatements ORDER BY ALL")
    return [(day.day, table, figure, before, after, Path(why).name) for day, table, figure, before, after, why in rows]


def test_a_day_that_is_loaded_with_other_rows_is_restated(nights):
    nights.write(DAY, row(0), row(9, "page_view", "bob"))
    nights.write(NEXT, row(DAYS))
    pass_night(nights)
    assert told(nights) == []
    nights.write(DAY, row(0))
    pass_night(nights)
    assert told(nights) == [
        (1, "events", "events", 2, 1, DAY),
        (1, "journeys", "journeys_started", 2, 1, DAY),
        (1, "sessions", "sessions_started", 2, 1, DAY),
        (1, "touchpoints", "touchpoints", 2, 1, DAY),
    ]
    assert nights.ask("SELECT DISTINCT len(str_split(why, ', ')) FROM restatements") == [(1,)]


def test_a_new_day_restates_nothing(nights):
    nights.write(DAY, row(0))
    pass_night(nights)
    nights.write(NEXT, row(DAYS, "page_view", "bob"))
    pass_night(nights)
    assert told(nights) == []


def test_a_day_that_is_dropped_is_restated_to_nothing(nights):
    path = nights.write(DAY, row(0))
    nights.write(NEXT, row(DAYS, "page_view", "bob"))
    pass_night(nights)
    path.unlink()
    pass_night(nights, vanished_days="drop")
    assert (1, "events", "events", 1, None, DAY) in told(nights)


def test_a_figure_that_another_setting_changed_is_told_so(nights):
    nights.write(DAY, row(0), row(3600))
    pass_night(nights)
    pass_night(nights, session_gap=timedelta(hours=2))
    ((*what, why),) = told(nights)[:1]
    assert what == [1, "sessions", "sessions_started", 2, 1]
    assert why.startswith("a changed setting")


def test_days_at_most_three_past_are_provisional(nights):
    for number in range(1, 7):
        nights.write(f"events_2021010{number}.parquet", row((number - 1) * DAYS))
    pass_night(nights)
    assert nights.ask("SELECT DISTINCT day FROM day_figures WHERE is_provisional ORDER BY day") == [
        (date(2021, 1, number),) for number in (3, 4, 5, 6)
    ]


def without_next_state(young, rules):
    """What makes the second of the two updates fail, once the first is through."""
    return age(young, rules).drop("next_state")


def die(connection):
    raise RuntimeError("killed")


@pytest.mark.parametrize(
    ("where", "what"), [("pipelines.ageing.age", without_next_state), ("pipelines.rebuilding.mark_events", die)]
)
def test_a_night_that_dies_while_journeys_age_is_made_good(nights, monkeypatch, where, what):
    nights.write(DAY, row())
    pass_night(nights)
    nights.write(THIRD, row(2 * DAYS, "page_view", "bob"))
    with monkeypatch.context() as patch:
        patch.setattr(where, what)
        with pytest.raises((RuntimeError, duckdb.BinderException)):
            pass_night(nights)
    pass_night(nights)
    ended = "SELECT outcome, next_state FROM journeys JOIN stays USING (journey_id) ORDER BY entered_at"
    assert nights.ask(ended) == [("dropped_off", "(drop-off)"), ("open", "(open)")]
    assert nights.ask("SELECT count(*) FROM events WHERE session_id IS NULL") == [(0,)]
