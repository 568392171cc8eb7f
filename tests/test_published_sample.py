"""The published file of the sample: it explains itself, its keys join, its examples and macros tell the truth."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from models.dictionary import KEYS, dictionary
from models.macros import MACROS
from models.tables import TABLES
from pipelines.cli.app import main
from tests.examples import PAGES, queries, renewed
from tests.funnels import funnel_of_phases, phases_of_mart
from tests.pipelines.test_publishing import old_driver  # noqa: F401
from tests.sample_by_night import PROJECT, published_sample


@pytest.fixture(scope="session")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return published_sample(tmp_path_factory)


@pytest.fixture
def sample(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(path, read_only=True) as connection:
        yield connection


def rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    result = connection.execute(query)
    names = [column[0] for column in result.description or ()]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


@pytest.mark.parametrize("page", PAGES)
def test_examples_of_the_docs_give_what_the_docs_show(page: str, sample: duckdb.DuckDBPyConnection) -> None:
    text = (PROJECT / page).read_text("utf-8")
    asked = queries(text)
    assert asked
    for query in asked:
        sample.execute(query).fetchall()
    assert renewed(text, sample) == text, "run python -m tests.examples"


def test_the_dictionary_says_what_the_contracts_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["sojourn", "docs", "--out", str(tmp_path / "made" / "tables.md")])
    with pytest.raises(SystemExit):
        main()
    written = (tmp_path / "made" / "tables.md").read_text("utf-8")
    assert (PROJECT / "docs" / "tables.md").read_text("utf-8") == written == dictionary(), "run sojourn docs"
    assert all(f"### {name}\n" in written for name in (*TABLES, *(macro.name for macro in MACROS)))


def test_a_place_that_cannot_be_written_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(sys, "argv", ["sojourn", "docs", "--out", str(tmp_path / "file" / "tables.md")])
    with pytest.raises(SystemExit) as end:
        main()
    error = capsys.readouterr().err
    assert (end.value.code, error.count("\n")) == (2, 1)
    assert "cannot be written" in error


def test_every_promised_table_has_an_example_in_its_comment(sample: duckdb.DuckDBPyConnection) -> None:
    comments = {
        row["table_name"]: row["comment"] for row in rows(sample, "FROM duckdb_tables() WHERE schema_name = 'main'")
    }
    assert [name for name, table in TABLES.items() if f"Example: {table.example}" not in comments[name]] == []
    assert [name for name, table in TABLES.items() if not table.example] == []


def test_readme_leads_to_every_table_and_macro_by_queries_that_run(sample: duckdb.DuckDBPyConnection) -> None:
    told = rows(sample, "FROM README ORDER BY place")
    names = {row["name"].partition("(")[0] for row in told}
    assert names >= {*TABLES, *(macro.name for macro in MACROS)}
    found = {row["name"]: len(sample.execute(row["example"]).fetchall()) for row in told}
    assert [name for name, count in found.items() if not count] == ["restatements"]  # a first night restates nothing
    comments = sample.execute("SELECT function_name, comment FROM duckdb_functions() WHERE NOT internal").fetchall()
    assert {macro.name for macro in MACROS} == {name for name, comment in comments if comment}


def test_keys_lead_where_their_names_say(sample: duckdb.DuckDBPyConnection) -> None:
    columns = rows(sample, "SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal")
    joins = [(row["table_name"], row["column_name"]) for row in columns if row["column_name"] in KEYS]
    joins = [(table, column) for table, column in joins if column.endswith("_id") and table != KEYS[column]]
    assert len(joins) > 15
    lost = {
        (table, column): sample.execute(
            f"SELECT count(*) FROM {table} ANTI JOIN {KEYS[column]} USING ({column}) WHERE {column} IS NOT NULL"
        ).fetchall()[0][0]
        for table, column in joins
    }
    unlisted = {("sessions", "journey_id"), ("survey_answers", "journey_id")}
    assert {place for place, count in lost.items() if count} <= unlisted
    query = "SELECT count(*) FROM sessions ANTI JOIN journeys USING (journey_id) WHERE touchpoint_count > 0"
    assert sample.execute(query).fetchall() == [(0,)]
    query = "SELECT count(*) FROM kpis ANTI JOIN journey_segments USING (dimension, segment)"
    assert sample.execute(query).fetchall() == [(0,)]


@pytest.mark.parametrize("dimension", ["all", "channel", "persona"])
def test_the_funnel_of_each_phase_or_later_is_phase_metrics(sample: duckdb.DuckDBPyConnection, dimension: str) -> None:
    assert funnel_of_phases(sample, dimension) == phases_of_mart(sample, dimension)


COUNTED = {
    "kpis": ("", ["journeys", "converted", "dropped_off", "still_open", "mature_journeys", "mature_dropped_off"]),
    "phase_metrics": (
        "phase",
        ["reached", "visited", "entered_here", "progressed", "dropped_off", "still_open", "stopped", "mature_reached"],
    ),
    "touchpoint_metrics": ("touchpoint", ["journeys", "decided", "converted"]),
    "leaks": ("phase touchpoint", ["dropped_off"]),
    "levers": ("level state", ["left_here"]),
    "touchpoints_before_purchase": ("touchpoint_count", ["journeys"]),
    "cohorts": ("day", ["journeys", "converted", "still_open", "mature_dropped_off"]),
}
OWN_FIGURE = ("leaks", "levers", "touchpoints_before_purchase")


@pytest.mark.parametrize("mart", COUNTED)
def test_as_many_journeys_are_behind_a_row_as_it_counts(sample: duckdb.DuckDBPyConnection, mart: str) -> None:
    keys, figures = COUNTED[mart]
    segments = [] if mart == "cohorts" else ["dimension", "segment"]
    chosen = rows(sample, f"FROM {mart} ORDER BY ALL")
    for number, row in enumerate(chosen[:: max(1, len(chosen) // 12)]):
        figure = figures[number % len(figures)]
        named = {name: row[name] for name in (*segments, *keys.split())}
        if mart not in OWN_FIGURE:
            named["figure"] = figure
        given = ", ".join(f"{name} := ${name}" for name in named)
        query = f"SELECT count(*) FROM drill('{mart}', {given})"
        assert sample.execute(query, named).fetchall() == [(row[figure],)], (mart, named)


@pytest.mark.parametrize("figure", ["at_risk", "happened"])
def test_as_many_persons_are_behind_a_step_as_it_counts(sample: duckdb.DuckDBPyConnection, figure: str) -> None:
    steps = rows(sample, "FROM repurchase_curves ORDER BY ALL")
    for row in steps[:: max(1, len(steps) // 12)]:
        named = {name: row[name] for name in ("dimension", "segment", "kind", "seconds")} | {"figure": figure}
        given = ", ".join(f"{name} := ${name}" for name in named)
        query = f"SELECT count(DISTINCT person_id) FROM drill('repurchase_curves', {given})"
        assert sample.execute(query, named).fetchall() == [(row[figure],)], named


@pytest.mark.parametrize("level", ["phase", "touchpoint"])
def test_behind_transitions_stand_the_journeys_whose_paths_have_them(
    sample: duckdb.DuckDBPyConnection, level: str
) -> None:
    query = f"FROM transitions WHERE level = '{level}' AND dimension = 'all' ORDER BY transition_count DESC LIMIT 8"
    for row in rows(sample, query):
        named = {name: row[name] for name in ("part", "level", "from_state", "to_state")}
        given = ", ".join(f"{name} := ${name}" for name in named)
        paths = "paths_from($from_state, 1, part := $part, level := $level) WHERE path[2] = $to_state"
        query = f"SELECT (SELECT count(*) FROM drill('transitions', {given})), journeys, path_count FROM {paths}"
        [(behind, journeys, gone)] = sample.execute(query, named).fetchall()
        assert (behind, gone) == (journeys, row["transition_count"])


ASK_README = """
import duckdb, sys
connection = duckdb.connect(sys.argv[1], read_only=True)
for name, example in connection.execute("SELECT name, example FROM README ORDER BY place").fetchall():
    print(name, len(connection.execute(example).fetchall()))
"""


@pytest.mark.slow
def test_all_examples_run_with_a_driver_of_2024(
    path: Path,
    sample: duckdb.DuckDBPyConnection,
    old_driver: Path,  # noqa: F811
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ASK_README, str(path)],
        env={**os.environ, "PYTHONPATH": str(old_driver)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    told = rows(sample, "SELECT name, example FROM README ORDER BY place")
    counts = [f"{row['name']} {len(sample.execute(row['example']).fetchall())}" for row in told]
    assert done.stdout.splitlines() == counts
