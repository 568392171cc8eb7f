"""What many tests start from is made once: shops and nights for all processes of a run, an empty build for each."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pytest
from filelock import FileLock

from models.settings import Settings
from pipelines import warehouse
from pipelines.places import build_path
from pipelines.warehouse import open_build


def shared(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """A folder and what is made in it: by the first process that asks; the others wait, and nobody may change it.

    What is made there may know the folder by its path: it is not moved when it is done.
    """
    base = factory.getbasetemp()
    folder = (base.parent if base.name.startswith("popen-") else base) / f"shared-{name}"
    done = folder.with_suffix(".done")
    with FileLock(folder.with_suffix(".lock")):
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            done.touch()
    return folder


@contextmanager
def open_new_build(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the build file as a night does; where there is none, it is a copy of an empty one that was made once."""
    path = build_path(settings)
    if not path.exists() and not settings.database.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_empty_build(warehouse._versions()))
    with open_build(settings) as connection:
        yield connection


@cache
def _empty_build(versions: tuple[str, str]) -> bytes:
    """An empty build file of these versions of tables and words."""
    with TemporaryDirectory() as folder:
        settings = Settings(database=Path(folder) / "empty.duckdb")
        with open_build(settings) as connection:
            found = warehouse._found_versions(connection)
        assert found == versions
        return build_path(settings).read_bytes()
