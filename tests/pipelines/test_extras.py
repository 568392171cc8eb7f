"""What is said where an extra is missing: a command that works there."""

import tomllib
from pathlib import Path

import pytest

from pipelines import extras

ROOT = Path(__file__).parents[2]
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]


@pytest.mark.parametrize("extra", EXTRAS)
def test_outside_a_checkout_pip_gets_the_packages_of_the_extra(
    extra: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(extras, "ROOT", tmp_path)
    told = extras.how_to_install(extra)
    assert told.startswith("pip install '")
    assert "sojourn" not in told
    packages = {package.partition(">")[0].partition("<")[0] for package in told[len("pip install ") :].split()}
    assert packages == {f"'{package.partition('>')[0]}" for package in EXTRAS[extra]}


def test_in_a_checkout_uv_adds_the_extra_to_what_is_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(extras, "ROOT", tmp_path)
    (tmp_path / "uv.lock").touch()
    assert extras.how_to_install("s3") == f"cd {tmp_path} && uv sync --inexact --no-dev --extra s3"
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "uv").touch()
    monkeypatch.chdir(tmp_path)
    assert extras.how_to_install("s3") == ".venv/bin/uv sync --inexact --no-dev --extra s3"
