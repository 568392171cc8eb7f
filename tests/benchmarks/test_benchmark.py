"""The benchmark at a tiny size: everybody answers the same, and what was measured is told."""

import json
import subprocess
import sys
from dataclasses import asdict, replace
from importlib.util import find_spec
from pathlib import Path

import duckdb
import pytest

from models.settings import Settings
from pipelines.publishing import publish
from pipelines.sample import write_sample
from tests.benchmarks import history, rounds
from tests.benchmarks.__main__ import MEASURED, SPEED, main, write_docs
from tests.benchmarks.answers import answers
from tests.benchmarks.common import FUNNEL, LIGHT_PEERS, PEERS
from tests.benchmarks.contenders import IN_MEMORY, LIMITED, RUN, Ground, Result, check_equal, compete, why_failed
from tests.benchmarks.exports import make_flat
from tests.benchmarks.history import HISTORY, Entry, last_before, read_history, record, version
from tests.benchmarks.measuring import PROJECT, BenchmarkError, Cost, measure
from tests.benchmarks.page import page
from tests.benchmarks.rounds import medians, read_results, run_rounds
from tests.benchmarks.script import TABLES, TIMEZONE
from tests.benchmarks.summary import markdown, said_of, tables_of
from tests.test_nights_equal_a_rebuild import night

CONTENDERS = [RUN, IN_MEMORY, "floor: sort", *(f"common: {peer}" for peer in LIGHT_PEERS)]


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    """A published file of forty days, and the exports that it stands on."""
    ground = Ground(tmp_path_factory.mktemp("ground"))
    write_sample(ground.exports, days=40, users=300, seed=3)
    ground.database.parent.mkdir(parents=True)
    settings = Settings(exports=str(ground.exports), database=ground.database, timezone=TIMEZONE)
    night(settings, lambda build: publish(build, settings))
    make_flat(ground.exports, ground.flat)
    return ground


@pytest.fixture(scope="module")
def results(ground: Ground) -> list[Result]:
    """One round of all but Sojourn's run, which is there already."""
    with duckdb.connect(ground.database, read_only=True) as connection:
        run = Result(RUN, 1, Cost(10.0, 12.0, 500.0), {"exports": Cost(4.0, 5.0, 500.0)}, answers(connection, TABLES))
    kept = ground.folder / "results.jsonl"
    kept.write_text(json.dumps(asdict(run)) + "\n")
    return run_rounds(CONTENDERS, 1, ground, kept, lambda line: None)


def test_everybody_answers_the_same(results: list[Result]) -> None:
    assert [(result.contender, result.failed) for result in results] == [(name, "") for name in CONTENDERS]
    check_equal(results)
    told = {result.contender: result.answers for result in results}
    assert told[IN_MEMORY].keys() == set(TABLES)
    assert not [name for name, said in told[IN_MEMORY].items() if said.startswith("0 rows")]
    assert len({json.dumps(told[f"common: {peer}"]) for peer in LIGHT_PEERS}) == 1


def test_an_answer_that_differs_ends_the_benchmark(results: list[Result]) -> None:
    first = next(result for result in results if result.contender == IN_MEMORY)
    other = replace(first, contender=LIMITED, answers={**first.answers, "kpis": "1 rows, 1"})
    with pytest.raises(BenchmarkError, match=f"{LIMITED} and {RUN} differ in kpis"):
        check_equal([*results, other])


def test_what_is_measured_is_kept_and_not_measured_again(ground: Ground, results: list[Result]) -> None:
    kept = ground.folder / "results.jsonl"
    assert read_results(kept) == results
    assert run_rounds(CONTENDERS, 1, ground, kept, pytest.fail) == results


def test_who_failed_is_asked_again_and_rounds_beyond_those_asked_for_do_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, int]] = []

    def answer(contender: str, number: int, ground: Ground) -> Result:
        asked.append((contender, number))
        return Result(contender, number, Cost(1.0, 1.0, 1.0), failed="no room" if contender == LIMITED else "")

    monkeypatch.setattr(rounds, "compete", answer)
    kept = tmp_path / "kept.jsonl"
    for count in (2, 1):
        found = run_rounds([RUN, LIMITED], count, Ground(tmp_path), kept, lambda line: None)
        assert [(one.contender, one.round) for one in found if not one.failed] == [(RUN, n + 1) for n in range(count)]
    assert asked == [(RUN, 1), (LIMITED, 1), (RUN, 2), (LIMITED, 2), (LIMITED, 1)]


@pytest.mark.parametrize("peer", [peer for peer in PEERS if peer not in LIGHT_PEERS])
def test_a_peer_that_is_installed_answers_the_same(peer: str, ground: Ground, results: list[Result]) -> None:
    pytest.importorskip(peer.lower())
    result = compete(f"common: {peer}", 1, ground)
    assert result.failed == ""
    check_equal([*results, result])


def test_a_row_more_is_another_answer(ground: Ground) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{ground.database}' AS published (READ_ONLY)")
        connection.execute("CREATE TABLE kpis AS FROM published.kpis")
        before = answers(connection, ["kpis"])
        connection.execute("UPDATE kpis SET converted = converted + 1 WHERE dimension = 'all'")
        assert answers(connection, ["kpis"]) != before


def test_the_common_part_is_what_plain_sql_says(ground: Ground) -> None:
    query = f"SELECT count(DISTINCT device) FROM '{ground.flat}' WHERE event = '{FUNNEL[0]}'"
    asked = [sys.executable, "-m", "tests.benchmarks.common", "with_polars", str(ground.flat)]
    said = json.loads(measure(asked, ground.folder).lines[-1][1])
    assert said["funnel"][0] == duckdb.sql(query).fetchall()[0][0]
    assert said["funnel"] == sorted(said["funnel"], reverse=True)
    moves, events = sum(count for *_, count, _ in said["transitions"]), duckdb.sql(f"FROM '{ground.flat}'").shape[0]
    assert moves == events - said["sessions"]


def test_a_process_is_measured_with_what_it_starts(tmp_path: Path) -> None:
    spin = "import time\nheld = bytearray(200_000_000)\nwhile time.process_time() < 0.5: pass"
    child = f"import subprocess, sys; print('begin', flush=True); subprocess.run([sys.executable, '-c', {spin!r}])"
    cost = measure([sys.executable, "-c", child], tmp_path).cost
    assert cost.megabytes > 200
    assert 0.3 < cost.cpu_seconds < 3
    assert cost.seconds >= 0.3


def test_a_process_that_fails_says_why(tmp_path: Path) -> None:
    with pytest.raises(BenchmarkError, match="no such peer"):
        measure([sys.executable, "-c", "raise SystemExit('no such peer')"], tmp_path)


def entry(millions: float, results: list[Result], **changed: object) -> Entry:
    told = (medians(results), {"exports": Cost(4.0, 5.0, 500.0)}, {LIMITED: "Out of Memory Error"}, 3.0)
    return replace(Entry("2026-07-01", "abc", "two cores", millions, 5000, 1, *told), **changed)


def test_of_a_peer_that_ran_out_of_memory_that_is_told_and_not_the_advice(tmp_path: Path) -> None:
    greedy = "duckdb.connect(config={'memory_limit': '2MB'}).execute('SELECT list(i) FROM range(9999999) AS t(i)')"
    with pytest.raises(BenchmarkError) as caught:
        measure([sys.executable, "-c", f"import duckdb; {greedy}"], tmp_path)
    assert why_failed(caught.value).startswith("_duckdb.OutOfMemoryException: Out of Memory Error:")


def test_why_a_peer_failed_says_nothing_of_where_the_project_stands() -> None:
    error = BenchmarkError(f"Traceback\nOSError: no room for '{PROJECT}/data/bench/spill'")
    assert why_failed(error) == "OSError: no room for 'data/bench/spill'"


def test_the_history_gives_back_what_was_added_and_compares_with_another_version_of_the_same_size(
    tmp_path: Path, results: list[Result]
) -> None:
    costs, file = {RUN: Cost(1.5, 2.0, 300.0)}, tmp_path / "history.jsonl"
    first, again = entry(1, results, medians=costs), entry(1, results, medians=costs, date="2026-07-02")
    later = entry(1, results, medians=costs, commit="def")
    for one in (first, entry(5, results), again, later, entry(1, results, machine="another")):
        record(one, file)
    entries = read_history(file)
    assert [(one.commit, one.date, one.machine) for one in entries if one.millions == 1] == [
        ("abc", "2026-07-02", "two cores"),
        ("def", "2026-07-01", "two cores"),
        ("abc", "2026-07-01", "another"),
    ]
    assert last_before(entries, later) == again
    assert last_before(entries, entry(20, results)) is None


def test_what_was_changed_and_not_committed_is_a_version_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "PROJECT", tmp_path)
    monkeypatch.setattr(history, "HISTORY", tmp_path / "tests" / "benchmarks" / "history.jsonl")
    code, told = tmp_path / "models" / "one.py", history.HISTORY
    for file in (code, told):
        file.parent.mkdir(parents=True)
        file.write_text("1")
    for words in (["init", "-q"], ["add", "."], ["-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-qm", "1"]):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)
    versions = [version()]
    told.write_text("2")
    assert version() == versions[0]
    for text in ("2", "3"):
        code.write_text(text)
        versions.append(version())
    (code.parent / "two.sql").write_text("new")
    versions.append(version())
    assert len(set(versions)) == 4
    assert {one.partition("-")[0] for one in versions} == {versions[0]}


def test_an_entry_is_told_with_its_ratios(results: list[Result]) -> None:
    faster = entry(1, results, medians={RUN: Cost(5.0, 6.0, 250.0), IN_MEMORY: Cost(10.0, 9.0, 1000.0)})
    tables = {table.title: table.rows for table in tables_of(faster, entry(1, results))}
    whole = tables["From nested Parquet to published tables"]
    assert whole[0] == (RUN, "5.00", "6.00", "250", "0.50", "1,000")
    assert whole[2][:2] == (LIMITED, "failed")
    assert said_of(faster).endswith(f" {LIMITED} failed: Out of Memory Error.")
    aims = {what: kept for what, *_, kept in tables["Aims"]}
    assert aims["time, of that of the SQL script in memory"] == "yes"
    assert aims["events a second"] == "no"
    assert tables["Since 2026-07-01, abc"][0] == (RUN, "0.50×", "0.50×")


def test_the_page_holds_all_tables_and_asks_for_nothing(results: list[Result]) -> None:
    entries = [entry(0.001, results), entry(0.005, results)]
    text = page(entries, [None, entries[0]])
    assert all(f"<caption>{table.title}</caption>" in text for table in tables_of(*entries))
    assert "<script src" not in text
    assert "<link" not in text


def test_the_docs_keep_what_is_written_by_hand(tmp_path: Path, results: list[Result]) -> None:
    docs, file = tmp_path / "speed.md", tmp_path / "history.jsonl"
    docs.write_text(f"# Speed\n\nBy hand.\n\n{MEASURED}\nold\n")
    record(entry(1, results), file)
    write_docs(docs, file)
    assert docs.read_text() == f"# Speed\n\nBy hand.\n\n{MEASURED}\n{markdown(read_history(file))}"


def test_the_docs_tell_the_history(tmp_path: Path) -> None:
    docs = tmp_path / "speed.md"
    docs.write_text(SPEED.read_text("utf-8"), "utf-8")
    write_docs(docs, HISTORY)
    assert docs.read_text("utf-8") == SPEED.read_text("utf-8")


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_whole_benchmark_with_every_peer_that_is_installed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    present = [peer for peer in PEERS if peer == "Sojourn" or find_spec(peer.lower())]
    places = ["--out", str(tmp_path / "out"), "--history", str(tmp_path / "h.jsonl"), "--docs", str(tmp_path / "s.md")]
    main(["--events", "0.005", "--rounds", "1", *places, "--peers", *present])
    told = read_history(tmp_path / "h.jsonl")[0]
    assert told.failed == {}
    assert {RUN, IN_MEMORY, LIMITED, *(f"common: {peer}" for peer in present)} <= told.medians.keys()
    assert "start-up and between" in told.parts
    assert "Floors" in capsys.readouterr().out
    assert (tmp_path / "out" / "page.html").stat().st_size > 1_000_000
