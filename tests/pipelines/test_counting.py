"""Aggregates follow the journeys that changed: what these gave is subtracted, what they give now is added."""

from datetime import timedelta

import pytest

from models.tables import AGGREGATES, KPIS, PHASE_METRICS, RUNNING_WATCH_COUNTS
from pipelines import counting
from pipelines.assets.marts import WRITERS
from pipelines.counting import count_stale
from pipelines.marts import write_run_settings
from pipelines.rebuilding import rebuild
from tests.exports_by_hand import DAY, Build
from tests.exports_by_hand import row as row_of_first_day

DAYS = 86400
NEXT, THIRD, FOURTH = (f"events_2021010{number}.parquet" for number in (2, 3, 4))


def row(at=0, *what, **more):
    """An export row that names the day it happened on."""
    return row_of_first_day(at, *what, event_date=f"2021010{1 + at // DAYS}", **more)


@pytest.fixture
def nights(tmp_path):
    """A build with a short window, so that journeys end within a few days."""
    build = Build(tmp_path, journey_window=timedelta(days=1))
    yield build
    build.close()


def pass_night(build, **choices):
    """Load, rebuild and count."""
    build.load(**choices)
    rebuild(build.connection, build.settings)
    write_run_settings(build.connection, build.settings)
    count_stale(build.connection.cursor(), build.settings)


def counts(build, table, of, measure, dimension="all"):
    """What an aggregate holds of a measure, by something else that it has."""
    return dict(
        build.ask(
            f"SELECT {of}, sum({measure})::BIGINT FROM {table} JOIN segments USING (segment_number)"
            f" WHERE dimension = '{dimension}' GROUP BY ALL"
        )
    )


def outcomes(build, of="outcome", dimension="all"):
    """How many journeys there are of each outcome."""
    return counts(build, "journey_outcome_counts", of, "journeys", dimension)


def bounces(build):
    """How many sessions bounced and did not."""
    return counts(build, "session_counts", "is_bounce", "sessions")


def watches(build, table, value):
    """The watches over stays that nobody left, by a value."""
    of_watch = "WHERE measure = 'watch'" if table == "stay_duration_counts" else ""
    return dict(
        build.ask(
            f"SELECT {value}::BIGINT, sum(stays)::BIGINT FROM {table} SEMI JOIN"
            f" (FROM segments WHERE dimension = 'all') USING (segment_number) {of_watch} GROUP BY ALL"
        )
    )


def everything(build):
    """All rows of all aggregates, by their names."""
    numbers = "JOIN segments USING (segment_number)"
    edges = "JOIN edges USING (edge)"
    return {
        table.name: sorted(
            build.ask(
                f"SELECT * EXCLUDE ({'edge, ' if 'edge' in table.column_names else ''}segment_number)"
                f" FROM {table.name} {numbers} {edges if 'edge' in table.column_names else ''}"
            ),
            key=repr,
        )
        for table in (*AGGREGATES, RUNNING_WATCH_COUNTS)
    }


def test_a_journey_that_goes_on_is_counted_once(nights):
    nights.write(DAY, row(0))
    pass_night(nights)
    assert bounces(nights) == {True: 1}
    assert outcomes(nights) == {"open": 1}
    nights.write(NEXT, row(DAYS), row(DAYS + 1))
    pass_night(nights)
    assert bounces(nights) == {True: 1, False: 1}
    assert outcomes(nights) == {"open": 1}


def test_a_journey_that_drops_off_is_no_longer_open(nights):
    nights.write(DAY, row(0))
    pass_night(nights)
    assert watches(nights, "running_watch_counts", "duration") == {86_400_000_000: 1}  # since the stay was entered
    assert watches(nights, "stay_duration_counts", "total") == {}
    nights.write(THIRD, row(2 * DAYS, "page_view", "bob"))
    pass_night(nights)
    assert outcomes(nights) == {"dropped_off": 1, "open": 1}
    assert watches(nights, "running_watch_counts", "duration") == {86_400_000_000: 1}
    assert watches(nights, "stay_duration_counts", "total") == {86_400_000_000: 1}  # the window after its one event


def test_people_and_journeys_that_go_are_taken_off(nights):
    nights.write(DAY, row(0), row(1, "page_view", "bob"))
    path = nights.write(NEXT, row(DAYS, "page_view", "cleo"))
    pass_night(nights)
    path.unlink()
    nights.write(DAY, row(0))
    pass_night(nights, vanished_days="drop")
    assert sum(outcomes(nights).values()) == 1
    assert nights.column("person_id", "persons", "1") == nights.column("person_id", "counted_people", "1") == ["d:ana"]
    assert nights.ask("SELECT count(DISTINCT journey_id) FROM journey_segments") == [(1,)]
    assert bounces(nights) == {True: 1}


def look(build, *seconds):
    """Two people look at something after so many seconds."""
    views = [row(DAYS, "page_view", who) for who in ("ana", "bob")]
    items = [row(DAYS + at, "view_item", who) for who, at in zip(("ana", "bob"), seconds, strict=True)]
    build.write(NEXT, *views, *items)


def test_a_night_counts_what_a_first_count_does(nights):
    nights.write(DAY, *(row(0, "page_view", f"p{number}") for number in range(8)))
    look(nights, 1000, 1010)
    pass_night(nights)
    look(nights, 1030, 1010)
    nights.write(THIRD, row(2 * DAYS, "purchase", "ana"))
    pass_night(nights)
    told = everything(nights)
    assert all(told[name] for name in ("transition_counts", "stay_duration_counts", "purchase_counts"))
    nights.ask("DELETE FROM memory WHERE name = 'counts'")
    pass_night(nights)
    assert everything(nights) == told


def test_some_journeys_at_a_time_count_the_same(nights, monkeypatch):
    nights.write(DAY, *(row(0, "page_view", f"p{number}") for number in range(8)))
    look(nights, 1000, 1010)
    pass_night(nights)
    told = everything(nights)
    monkeypatch.setattr("pipelines.counting.CHUNK_ROWS", 3)
    nights.ask("DELETE FROM memory WHERE name = 'counts'")
    pass_night(nights)
    assert everything(nights) == told
    look(nights, 1000, 1030)
    nights.write(THIRD, row(2 * DAYS, "page_view", "cleo"))
    pass_night(nights)
    told = everything(nights)
    nights.ask("DELETE FROM memory WHERE name = 'counts'")
    pass_night(nights)
    assert everything(nights) == told


def test_who_did_not_change_is_not_counted_again(nights, monkeypatch):
    nights.write(DAY, row(0), row(1, "page_view", "bob"))
    pass_night(nights)
    nights.write(NEXT, row(DAYS, "page_view", "bob"))
    pass_night(nights)
    recounted = []
    script = counting.run

    def run(connection, name):
        if name == "recounted":
            ids = connection.execute("SELECT person_id FROM recounted JOIN sessions USING (journey_id)").fetchall()
            recounted.extend(person for (person,) in ids)
        script(connection, name)

    monkeypatch.setattr(counting, "run", run)
    nights.write(THIRD, row(2 * DAYS, "page_view", "bob"))
    pass_night(nights)
    assert set(recounted) == {"d:bob"}


def recent(build):
    """The recent weeks, and how many of their journeys dropped off."""
    for write in (WRITERS[PHASE_METRICS], WRITERS[KPIS]):
        write(build.connection.cursor(), build.settings)
    return build.ask(
        "SELECT recent_from::VARCHAR, dropped_off FROM run_settings"
        " LEFT JOIN (FROM recent.kpis WHERE dimension = 'all') ON true"
    )


def test_journeys_come_to_the_recent_weeks_and_leave_them(nights):
    nights.write(DAY, row(0), row(1, "page_view", "bob"))
    nights.write(NEXT, row(DAYS, "page_view", "cleo"))
    pass_night(nights, recent_weeks=1)
    assert recent(nights) == [("2020-12-21", None)]
    nights.write(FOURTH, row(3 * DAYS, "page_view", "dora"))  # Monday
    pass_night(nights)
    assert recent(nights) == [("2020-12-28", 3)]
    nights.write("events_20210112.parquet", row_of_first_day(11 * DAYS, "page_view", "eve", event_date="20210112"))
    pass_night(nights)
    assert recent(nights) == [("2021-01-04", 1)]


def test_other_segments_count_everything_anew(nights):
    nights.write(DAY, row(0, device={"web_info": {"browser": "Firefox"}}), row(1, "page_view", "bob"))
    pass_night(nights)
    assert outcomes(nights, "segment", "browser") == {}
    pass_night(nights, segments=("browser",))
    assert outcomes(nights, "segment", "browser") == {"Firefox": 1, "(not set)": 1}
    assert outcomes(nights) == {"open": 2}
    comments = "FROM duckdb_columns() WHERE table_name IN ('persons', 'journey_segments') AND comment IS NULL"
    assert nights.ask(f"SELECT column_name {comments}") == []


def die(connection):
    raise RuntimeError("killed")


def test_a_night_that_dies_while_it_counts_is_made_good(nights, monkeypatch):
    nights.write(DAY, row(0))
    pass_night(nights)
    nights.write(NEXT, row(DAYS), row(DAYS + 1, "page_view", "bob"))
    with monkeypatch.context() as patch:
        patch.setattr("pipelines.counting.note_counted", die)
        with pytest.raises(RuntimeError):
            pass_night(nights)
    assert bounces(nights) == {}  # subtracted, and not added yet
    pass_night(nights)
    assert bounces(nights) == {True: 3}
    assert outcomes(nights) == {"open": 2}


def test_journeys_that_a_night_stored_before_it_died_are_not_subtracted(nights, monkeypatch):
    nights.write(DAY, row(0), row(1, "page_view", "bob"))
    pass_night(nights)
    nights.write(NEXT, row(DAYS + 3600, "page_view", "cleo"), row(DAYS, "page_view", "bob"))
    with monkeypatch.context() as patch:
        patch.setattr("pipelines.rebuilding.age_journeys", lambda *told: die(None))
        with pytest.raises(RuntimeError):
            pass_night(nights)
    assert nights.ask("SELECT count(*) FROM sessions WHERE person_id = 'd:cleo'") == [(1,)]
    pass_night(nights)
    told = everything(nights)
    nights.ask("DELETE FROM memory WHERE name = 'counts'")
    pass_night(nights)
    assert everything(nights) == told
    assert sum(outcomes(nights).values()) == 3


def personas(build):
    return build.ask(
        "SELECT person_id, segment FROM journey_segments JOIN journeys USING (journey_id)"
        " WHERE dimension = 'persona' ORDER BY ALL"
    )


def test_a_persona_that_asks_for_the_end_of_the_watch_follows_it(nights):
    watched = {"watched": "watched_until > ended_at + INTERVAL 2 HOURS"}
    nights.write(DAY, row(DAYS - 3600))
    pass_night(nights, journey_window=timedelta(days=7), personas=watched)
    assert personas(nights) == [("d:ana", "(none)")]
    nights.write(NEXT, row(2 * DAYS - 3600, "page_view", "bob"))
    pass_night(nights)
    assert personas(nights) == [("d:ana", "watched"), ("d:bob", "(none)")]
