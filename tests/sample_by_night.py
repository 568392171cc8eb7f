"""The sample that `make run` makes, and the file published from it: made once for all tests that ask it."""

import shutil
import sys
from pathlib import Path

import pytest
from filelock import FileLock

from pipelines.cli.app import main
from pipelines.sample import write_sample

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
    """The published file; the first process that asks makes it, the others wait."""
    base = factory.getbasetemp()
    folder = (base.parent if base.name.startswith("popen-") else base) / "sample-night"
    folder.mkdir(exist_ok=True)
    published = folder / "data" / "sojourn.duckdb"
    with FileLock(folder / ".lock"):
        if not published.exists():
            make_sample_night(folder)
    return published
