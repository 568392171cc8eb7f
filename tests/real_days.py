"""The eleven real days of Google's public sample: where they are, and a build of them that is made once for all tests.

Nothing of them is part of this repository: where they are not, tests of them are passed over.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest

from models.settings import Settings
from pipelines.places import build_path
from pipelines.unchecked import note_all_unchecked
from pipelines.warehouse import open_build
from tests.shops import shared
from tests.test_nights_equal_a_rebuild import night

SAMPLE = Path(__file__).parents[2] / "shared" / "data" / "ga4_sample"
LIFECYCLE = Path(__file__).parent / "golden" / "lifecycles" / "plain.yaml"
EVENTS = 442_139
with_real_days = pytest.mark.skipif(not SAMPLE.is_dir(), reason=f"the eleven real days are not in {SAMPLE}")

Built = tuple[duckdb.DuckDBPyConnection, Settings]


def real_settings(folder: Path, **choices: Any) -> Settings:
    """The settings of a build of the real days in a folder."""
    return Settings(exports=str(SAMPLE), database=folder / "real.duckdb", **{"lifecycle": str(LIFECYCLE)} | choices)


def build_real_days(folder: Path) -> None:
    """A night over the real days, by a lifecycle in which every page view is shopping."""
    night(real_settings(folder))


def path_of_real_days(factory: pytest.TempPathFactory) -> Path:
    """The build file of the real days, which nobody may change."""
    return build_path(real_settings(shared(factory, "real-days", build_real_days)))


@contextmanager
def open_real_days(factory: pytest.TempPathFactory, **choices: Any) -> Iterator[Built]:
    """Open a copy of the build of the real days, with settings of which none tells how exports are read.

    Checks look at all its rows.
    """
    settings = real_settings(factory.mktemp("real"), **choices)
    path = build_path(settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path_of_real_days(factory), path)
    with open_build(settings) as connection:
        note_all_unchecked(connection)
        yield connection, settings
