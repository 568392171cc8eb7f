"""The sample that `make run` makes, and the file published from it: made once for all tests that ask it."""

import sys
from pathlib import Path

import pytest

from pipelines.cli.app import main
from tests.shops import shared

PROJECT = Path(__file__).parents[1]
PUBLISHED = Path("data", "sample", "sojourn.duckdb")


def make_sample_night(folder: Path) -> None:
    """What `make run` does, in another folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("DAGSTER_HOME", raising=False)
        for words in (["sample", "--out", "data/sample"], ["run", "--settings", "data/sample/sojourn.toml"]):
            patch.setattr(sys, "argv", ["sojourn", *words])
            try:
                main()
            except SystemExit as end:
                assert not end.code


def published_sample(factory: pytest.TempPathFactory) -> Path:
    """The published file."""
    return shared(factory, "sample-night", make_sample_night) / PUBLISHED
