"""Real days that come in any order, half-full first, and whose files go leave the tables of a build from scratch."""

import random
import shutil
from pathlib import Path

import duckdb
import polars as pl
import pytest

from models.settings import Settings
from pipelines.places import build_path
from tests.test_nights_equal_a_rebuild import COMPARED, PASSING, night
from tests.test_real_days import LIFECYCLE, SAMPLE

pytestmark = pytest.mark.skipif(not SAMPLE.is_dir(), reason=f"the eleven real days are not in {SAMPLE}")


def differences(one: Path, other: Path) -> dict[str, int]:
    """How many rows of each table stand in one of two files only."""
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{one}' AS one (READ_ONLY); ATTACH '{other}' AS other (READ_ONLY)")
        found = {}
        for name in (table.name for table in COMPARED):
            here, there = (f"SELECT * {PASSING.get(name, '')} FROM {side}.{name}" for side in ("one", "other"))
            query = f"SELECT count(*) FROM (({here} EXCEPT ALL {there}) UNION ALL ({there} EXCEPT ALL {here}))"
            (found[name],) = connection.execute(query).fetchone() or (0,)
    return {name: count for name, count in found.items() if count}


def shuffled_nights(folder: Path, seed: int, a_night: int) -> None:
    """Nights over some more of the real days each, in a random order; one day comes half-full first."""
    exports = folder / "exports"
    exports.mkdir()
    files = sorted(SAMPLE.glob("*.parquet"))
    random.Random(seed).shuffle(files)
    settings = Settings(exports=str(exports), database=folder / "nightly.duckdb", lifecycle=str(LIFECYCLE))
    half = pl.read_parquet(files[-1])
    half.head(half.height // 2).write_parquet(exports / files[-1].name)
    for start in range(0, len(files), a_night):
        for file in files[start : start + a_night]:
            shutil.copyfile(file, exports / file.name)
        night(settings)
    fresh = settings.model_copy(update={"database": folder / "fresh.duckdb"})
    night(fresh)
    assert differences(build_path(settings), build_path(fresh)) == {}
    for file in files[: len(files) // 2]:
        (exports / file.name).unlink()
    night(settings)
    assert differences(build_path(settings), build_path(fresh)) == {}


def test_real_days_in_shuffled_order_leave_the_tables_of_a_rebuild(tmp_path: Path) -> None:
    shuffled_nights(tmp_path, seed=1, a_night=4)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", [2, 3])
def test_real_days_one_a_night_leave_the_tables_of_a_rebuild(tmp_path: Path, seed: int) -> None:
    shuffled_nights(tmp_path, seed, a_night=1)
