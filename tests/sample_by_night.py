"""The sample that `make run` makes, and the file published from it: made once for all tests that ask it."""

import shutil
import sys
from pathlib import Path

import pytest

from pipelines.cli.app import main
from pipelines.sample import write_sample
from tests.shops import shared

PROJECT = Path(__file__).parents[1]


def make_sample_night(folder: Path) -> None:
    """What `make run` does, in another folder."""
    write_sample(folder / "data" / "sample", days=90, users=5000, seed=1)
    shutil.copyfile(PROJECT / "sojourn.toml", folder / "sojourn.toml")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("DAGSTER_HOME", raising=False)
        patch.setattr(sys, "argv", ["sojourn", "run"])
        try:
            main()
        except SystemExit as end:
            assert not end.code


def published_sample(factory: pytest.TempPathFactory) -> Path:
    """The published file."""
    return shared(factory, "sample-night", make_sample_night) / "data" / "sojourn.duckdb"
