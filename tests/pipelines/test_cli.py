"""The command line as a newcomer meets it."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from models.lifecycle import shipped_names
from models.settings import read_settings
from pipelines.cli.app import main
from pipelines.exports import find_exports

HEAVY = ("polars", "duckdb", "dagster", "plotly", "numpy", "networkx", "pydantic", "rich", "jinja2")


def call(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["sojourn", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['sojourn', '--help']\n"
        "from pipelines.cli.app import main\n"
        "try: main()\n"
        f"except SystemExit: print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
    assert "Rebuild real customer journeys" in done.stdout
    assert "..." not in done.stdout.partition("Commands:")[2]
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_version_is_that_of_the_package(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    assert call(monkeypatch, "--version") == 0
    assert capsys.readouterr().out == f"sojourn {project['version']}\n"


def test_the_lifecycles_are_listed_with_their_phases(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "lifecycles") == 0
    shown = capsys.readouterr().out
    assert [name for name in shipped_names() if name not in shown] == []
    assert len(shipped_names()) == 11
    assert "Awareness · Interest · Desire" in shown


def test_a_lifecycle_that_is_right_is_said_to_be(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = Path(__file__).parents[2] / "models" / "lifecycles" / "six-phases.yaml"
    assert call(monkeypatch, "check-lifecycle", str(file)) == 0
    assert "is a lifecycle that Sojourn can use" in capsys.readouterr().out


def test_all_that_is_wrong_with_a_lifecycle_is_said_at_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(
        "name: mine\nconversion: purchase\nphases:\n  - {key: buy, stage: during}\ntouchpoints:\n"
        "  - {key: purchase, phase: buy, scope: event, when: event_nam = 'purchase'}\n"
        "  - {key: view, phase: buy, scope: page, when: event_name = 'view'}\n"
    )
    assert call(monkeypatch, "check-lifecycle", str(file)) == 2
    said = capsys.readouterr().err
    assert "event_nam" in said
    assert "did you mean 'event_name'" in said
    assert "scope" in said


def test_a_sample_is_made_with_its_truth_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    words = ["sample", "--out", str(tmp_path / "sample"), "--days", "3", "--users", "40", "--format", "json"]
    assert call(monkeypatch, *words) == 0
    out = capsys.readouterr().out
    assert "reached awareness" in out
    assert f"sojourn run --settings {tmp_path / 'sample' / 'sojourn.toml'}" in out
    settings = read_settings(tmp_path / "sample" / "sojourn.toml")
    assert settings.database == tmp_path / "sample" / "sojourn.duckdb"
    assert len(find_exports(settings.exports)) == len(list((tmp_path / "sample").glob("events_*.json"))) > 2
