"""Real days that come in any order, half-full first, and whose files go leave the tables of a build from scratch."""

import random
import shutil
from pathlib import Path

import duckdb
import polars as pl
import pytest

from models.settings import Settings
from pipelines.places import build_path
from tests.real_days import LIFECYCLE, SAMPLE, path_of_real_days, with_real_days
from tests.test_nights_equal_a_rebuild import COMPARED, PASSING, night

pytestmark = with_real_days


NAMED = "REPLACE (parse_filename(source_file) AS source_file)"


def differences(one: Path, other: Path) -> dict[str, int]:
    """How many rows of each table stand in one of two files only, wherever their exports are."""
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{one}' AS one (READ_ONLY); ATTACH '{other}' AS other (READ_ONLY)")
        found: dict[str, int] = {}
        for table in COMPARED:
            name, of_files = table.name, "source_file" in (column.name for column in table.columns)
            columns = f"* {PASSING.get(name, '')} {NAMED if of_files else ''}"
            here, there = (f"(SELECT {columns} FROM {side}.{name})" for side in ("one", "other"))
            # To hold millions of values against each other takes long, and is done only where their hashes differ.
            sums = [
                connection.execute(f"SELECT count(*), sum(hash(t)) FROM {rows} AS t").fetchall()
                for rows in (here, there)
            ]
            if sums[0] != sums[1]:
                apart = f"({here} EXCEPT ALL {there}) UNION ALL ({there} EXCEPT ALL {here})"
                found[name] = connection.execute(f"SELECT count(*) FROM ({apart})").fetchall()[0][0]
    return found


def shuffled_nights(folder: Path, fresh: Path, seed: int, a_night: int) -> None:
    """Nights over some more of the real days each, in a random order; one day comes half-full first.

    Args:
        folder: where all of it is done.
        fresh: the build file of one night over all days.
        seed: says the order.
        a_night: how many days come before each night.
    """
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
    assert differences(build_path(settings), fresh) == {}
    for file in files[: len(files) // 2]:
        (exports / file.name).unlink()
    night(settings)
    assert differences(build_path(settings), fresh) == {}


def test_real_days_in_shuffled_order_leave_the_tables_of_a_rebuild(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    shuffled_nights(tmp_path, path_of_real_days(tmp_path_factory), seed=1, a_night=4)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", [2, 3])
def test_real_days_one_a_night_leave_the_tables_of_a_rebuild(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    shuffled_nights(tmp_path, path_of_real_days(tmp_path_factory), seed, a_night=1)
