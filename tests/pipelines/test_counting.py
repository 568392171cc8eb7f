"""Counts follow the journeys that changed: these are taken off as they were counted and added as they are."""

from datetime import timedelta

import pytest

from pipelines.counting import count_stale
from pipelines.marts import make_macros, write_run_settings
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


def counts(build, figure, of="to_state", dimension="all"):
    """How many facts of a figure there are."""
    return dict(
        build.ask(
            f"SELECT {of}, sum(fact_count)::INTEGER FROM fact_counts JOIN fact_kinds USING (kind)"
            " JOIN segments USING (segment_number)"
            f" WHERE figure = '{figure}' AND dimension = '{dimension}' GROUP BY ALL"
        )
    )


def numbers(build):
    """Under which number each person's journeys were counted."""
    return dict(build.ask("SELECT person_id, journey FROM counted_journeys JOIN sessions USING (journey_id)"))


def figures(build):
    """What is told from facts themselves, beyond their counts."""
    make_macros(build.connection)
    at_risk = "SELECT phase, duration, at_risk FROM stays_at_risk() JOIN segments USING (segment_number)"
    queries = "SELECT median, p90 FROM quantiles_of(['move'])", f"{at_risk} WHERE dimension = 'all'"
    return [sorted(build.ask(query), key=str) for query in queries]


def test_a_journey_that_goes_on_is_counted_once(nights):
    nights.write(DAY, row(0))
    pass_night(nights)
    assert counts(nights, "session") == {"bounce": 1}
    assert counts(nights, "journey") == {"open": 1}
    nights.write(NEXT, row(DAYS), row(DAYS + 1))
    pass_night(nights)
    assert counts(nights, "session") == {"bounce": 1, "": 1}
    assert counts(nights, "journey") == {"open": 1}


def test_a_journey_that_drops_off_is_no_longer_open(nights):
    nights.write(DAY, row(0))
    pass_night(nights)
    assert counts(nights, "running", "total::BIGINT") == {1_609_459_200_000_000: 1}  # when the stay was entered
    assert counts(nights, "held") == {}
    nights.write(THIRD, row(2 * DAYS, "page_view", "bob"))
    pass_night(nights)
    assert counts(nights, "journey") == {"dropped_off": 1, "open": 1}
    assert counts(nights, "running", "total::BIGINT") == {1_609_632_000_000_000: 1}
    assert counts(nights, "held", "total::BIGINT") == {86_400_000_000: 1}  # the window after its one event


def test_people_and_journeys_that_go_are_taken_off(nights):
    nights.write(DAY, row(0), row(1, "page_view", "bob"))
    path = nights.write(NEXT, row(DAYS, "page_view", "cleo"))
    pass_night(nights)
    path.unlink()
    nights.write(DAY, row(0))
    pass_night(nights, vanished_days="drop")
    assert sum(counts(nights, "journey").values()) == 1
    assert nights.column("person_id", "persons", "1") == nights.column("person_id", "counted_people", "1") == ["d:ana"]
    assert nights.ask("SELECT count(DISTINCT journey_id) FROM journey_segments") == [(1,)]
    assert nights.ask("SELECT count(DISTINCT journey) FROM journey_facts") == [(1,)]


def test_facts_that_were_taken_off_are_passed_over_until_they_are_many(nights):
    def look(*seconds):
        """Two people look at something after so many seconds."""
        views = [row(DAYS, "page_view", who) for who in ("ana", "bob")]
        items = [row(DAYS + at, "view_item", who) for who, at in zip(("ana", "bob"), seconds, strict=True)]
        nights.write(NEXT, *views, *items)

    nights.write(DAY, *(row(0, "page_view", f"p{number}") for number in range(8)))
    look(1000, 1010)
    pass_night(nights)
    look(1030, 1010)
    pass_night(nights)
    assert nights.ask("SELECT count(*) FROM taken_off") == [(2,)]
    assert nights.ask("SELECT count(DISTINCT journey) FROM journey_facts") == [(10 + 2,)]
    told = figures(nights)
    assert (1020.0, 1028.0) in told[0]
    assert ("desire", 85_400_000_000, 2) in told[1]  # both stay on until the day is over
    nights.ask("DELETE FROM memory WHERE name = 'counts'")
    pass_night(nights)
    assert nights.ask("FROM taken_off") == []
    assert figures(nights) == told


def test_who_did_not_change_is_not_counted_again(nights):
    nights.write(DAY, row(0), row(1, "page_view", "bob"))
    pass_night(nights)
    nights.write(THIRD, row(2 * DAYS, "page_view", "bob"))
    pass_night(nights)
    before = numbers(nights)
    nights.write(FOURTH, row(3 * DAYS, "page_view", "bob"))
    pass_night(nights)
    after = numbers(nights)
    assert before["d:ana"] == after["d:ana"]
    assert before["d:bob"] != after["d:bob"]


def test_other_segments_count_everything_anew(nights):
    nights.write(DAY, row(0, device={"web_info": {"browser": "Firefox"}}), row(1, "page_view", "bob"))
    pass_night(nights)
    assert counts(nights, "journey", "segment", "browser") == {}
    pass_night(nights, segments=("browser",))
    assert counts(nights, "journey", "segment", "browser") == {"Firefox": 1, "(not set)": 1}
    assert counts(nights, "journey") == {"open": 2}
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
    assert counts(nights, "session") == {"bounce": 1}
    pass_night(nights)
    assert counts(nights, "session") == {"bounce": 3}
    assert counts(nights, "journey") == {"open": 2}


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
