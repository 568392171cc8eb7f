"""Files that colleagues share: no expression in them writes, reads, asks the clock or ends the process."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from models.settings import Settings, SettingsError
from models.sql import quoted_name, quoted_text
from pipelines.followed import column_of, histories_query
from pipelines.personas import check_personas, persona_rows
from tests.exports_by_hand import DAY, row
from tests.nights_by_hand import MISTAKE

ROOT = Path(__file__).parents[2]
SECRET = "the secret of the file"
LIFECYCLE = """
name: ours
conversion: purchase
phases:
  - {key: see, stage: before}
  - {key: buy, stage: during}
touchpoints:
  - {key: purchase, phase: buy, scope: event, when: event_name = 'purchase'}
  - key: bad
    phase: see
    scope: event
    when: >-
      WHEN
"""
LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n"
    for before, name in zip("abcdefghi", "bcdefghij", strict=True)
)
ATTACKS = {
    "COPY": ("true) FROM journeys; COPY (SELECT 42) TO 'made.csv'; SELECT (true", "';'"),
    "COPY in brackets": ("true); COPY (SELECT 42) TO 'made.csv'; SELECT (true", "';'"),
    "ATTACH": ("true) FROM journeys; ATTACH 'made.db'; SELECT (true", "';'"),
    "a file": ("read_text('secret.txt')::BOOLEAN", "read_text"),
    "a file as a table": ("(SELECT content FROM read_text('secret.txt'))::BOOLEAN", "SELECT"),
    "a file by its name": ("(FROM 'secret.txt')::BOOLEAN", "FROM"),
    "a variable": ("getenv('SECRET')::BOOLEAN", "getenv"),
    "now": ("now() > TIMESTAMP '2021-01-01 00:00:00'", "now, which asks the clock"),
    "current_timestamp": (
        "current_timestamp > TIMESTAMP '2021-01-01 00:00:00'",
        "current_timestamp, which asks the clock",
    ),
    "random": ("random() < 0.5", "random, which asks chance"),
    "lpad": ("lpad('x', 2000000000, 'x') = 'x'", "lpad, which is not allowed"),
    "a comment in a subquery": ("true IN (/* */ SELECT true)", "comment"),
    "a comment": ("true -- OR", "comment"),
    "open brackets": ("true) OR (true", "')'"),
}
LARGE = {
    "20,000 ORs": (" OR ".join(["true"] * 20_000), "has 159,996 characters; 100,000 are allowed"),
    "20,000 brackets": ("(" * 20_000 + "true" + ")" * 20_000, "nests too deeply"),
    "lpad": ATTACKS["lpad"],
}
SOURCES = ("rule", "persona", "exclude")


def write_source(source: str, expression: str) -> None:
    """Write the file of settings, and of a lifecycle, that an expression comes from."""
    quoted = "'''" + expression + "'''"
    toml = {
        "rule": 'lifecycle = "ours.yaml"\n',
        "persona": f'[personas]\n"mine" = {quoted}\n',
        "exclude": f"exclude = {quoted}\n",
    }[source]
    Path("sojourn.toml").write_text(toml)
    Path("ours.yaml").write_text(LIFECYCLE.replace("WHEN", expression))


def named(source: str) -> str:
    """What a message about an expression begins with."""
    return {
        "rule": "ours.yaml: touchpoint 'bad' 'when' ",
        "persona": "setting 'personas': 'mine' is ",
        "exclude": "setting 'exclude' is ",
    }[source]


@pytest.mark.parametrize("source", SOURCES)
def test_an_attack_is_refused_in_one_line_and_does_nothing(night, source):
    Path("secret.txt").write_text(SECRET)
    night.monkeypatch.setenv("SECRET", SECRET)
    for name, (expression, said) in ATTACKS.items():
        write_source(source, expression)
        before = set(Path().rglob("*"))
        code, out, err = night.run()
        assert (code, err.count("\n")) == (MISTAKE, 1), (name, err)
        assert all(words in err for words in (named(source), said)), (name, err)
        assert SECRET not in out + err
        assert set(Path().rglob("*")) == before, name
        night.is_untouched()


def sojourn(*words: str) -> tuple[int, str, float]:
    """Run the command in a process of its own: its exit code, what it says, and its seconds."""
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", "from pipelines.cli.start import start; start()", *words],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stderr, time.monotonic() - began


@pytest.mark.parametrize("name", LARGE)
@pytest.mark.parametrize("source", SOURCES)
def test_what_ended_the_process_is_refused_by_it(tmp_path, monkeypatch, source, name):
    monkeypatch.chdir(tmp_path)
    expression, said = LARGE[name]
    write_source(source, expression)
    code, err, _ = sojourn("check-lifecycle", "ours.yaml") if source == "rule" else sojourn("run")
    assert (code, err.count("\n")) == (MISTAKE, 1), err
    assert len(err) < 500
    assert named(source) in err
    assert said in err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (LAUGHS, "has an anchor or an alias (& or *) (line 1)"),
        ("a: &a {x: 1}\nb: {<<: *a}\n", "has an anchor or an alias"),
        ("a: {<<: {b: 1}, b: 2}\n", "has a merge key (<<)"),
        ("a: !!binary eA==\n", "has a tag"),
        ("[" * 100_000, "is nested too deeply"),
        ("{a: " * 50_000, "is nested too deeply"),
        ("- " * 100_000, "is nested too deeply"),
        ("a: " + "x" * 300_000, "has more than 300,000 bytes"),
        ("a: " + "9" * 5_000, "is not YAML"),
        ("a: 2021-99-99\n", "is not YAML"),
        ("[a]: 1\n", "has a key that is a list or a mapping"),
        ("".join(f"k{number}: 1\n" for number in range(25_000)), "more problems"),
    ],
    ids=[
        "laughs",
        "merged alias",
        "merge",
        "tag",
        "lists",
        "mappings",
        "dashes",
        "size",
        "number",
        "day",
        "key",
        "keys",
    ],
)
def test_yaml_that_costs_more_than_it_says_is_refused_within_seconds(tmp_path, monkeypatch, text, said):
    monkeypatch.chdir(tmp_path)
    Path("ours.yaml").write_text(text)
    code, err, seconds = sojourn("check-lifecycle", "ours.yaml")
    assert code == MISTAKE
    assert said in err
    assert "Traceback" not in err
    assert len(err) < 50_000
    assert seconds < 20


def test_settings_that_are_nested_too_deeply_are_refused(night):
    Path("sojourn.toml").write_text("exclude = " + "[" * 100_000)
    night.refuses(MISTAKE, "sojourn.toml", "nested too deeply")


def test_an_expression_that_was_never_checked_does_not_run_either(build):
    """Settings made without validation, as for the workers of Spark, still run only what is allowed."""
    bad = "true); COPY (SELECT 42) TO 'made.csv'; SELECT (true"
    build.load(row())
    unchecked = {"exclude": {"exclude": bad}, "personas": {"personas": {"mine": bad}}}
    for name, update in unchecked.items():
        settings: Settings = build.settings.model_copy(update=update)
        with pytest.raises(SettingsError, match=f"setting '{name}'"):
            _ = settings.exclude_sql, settings.persona_expressions
    with pytest.raises(SettingsError, match="setting 'personas'"):
        check_personas(build.settings.model_copy(update=unchecked["personas"]))


def test_the_query_of_personas_holds_what_was_understood_and_not_the_text():
    settings = Settings(personas={"mine": "channel='Email'or true"})
    assert "WHEN ((\"channel\" = 'Email') OR TRUE) THEN 'mine'" in persona_rows(settings.persona_expressions)


COLUMNS = {
    "a statement": (
        'a" := 1)) AS content FROM export_aside_0 AS export_row INNER JOIN export_files'
        " ON _path = export_files.path); COPY (SELECT 42) TO 'made.csv'; --"
    ),
    "an argument": 'a" := 1, "b',
    "a quote": "it's",
    "a placeholder": "{columns}",
    "a point": "a.b",
}


@pytest.mark.parametrize("column", COLUMNS.values(), ids=COLUMNS)
def test_a_column_of_an_export_is_a_name_whatever_it_says(build, monkeypatch, tmp_path, column):
    monkeypatch.chdir(tmp_path)
    path = build.write(DAY, row(), row(), row(1, "page_view"))
    table = pq.read_table(path)
    pq.write_table(table.append_column(column, pa.array(["x"] * len(table))), path)
    build.load()
    assert build.counts() == {DAY: (3, 2, 1, 0, 0)}
    assert not Path("made.csv").exists()


@pytest.mark.parametrize("column", COLUMNS.values(), ids=COLUMNS)
def test_a_column_of_a_feed_is_a_name_whatever_it_says(build, monkeypatch, tmp_path, column):
    monkeypatch.chdir(tmp_path)
    named = column.replace('"', '""')
    build.feed("a.csv", "2021-01-01 10:00:00,ida,store_visit,x", header=f'occurred_at,user_id,event_name,"{named}"')
    build.load(row())
    param = f"param_text(event_params, {quoted_text(column)})"
    assert build.ask(f"SELECT {param} FROM events WHERE event_name = 'store_visit'") == [("x",)]
    assert not Path("made.csv").exists()


def test_a_param_of_a_rule_is_a_name_whatever_it_says(build):
    for name in ("it's", 'a"b', "{people}", "{events}"):
        query = histories_query([column_of(f"param_{name}")], "(SELECT 'x' AS person_id)")
        assert query.count("(SELECT 'x' AS person_id)") == 1
        assert f"param_text(event_params, {quoted_text(name)}) AS {quoted_name(f'param_{name}')}" in query
