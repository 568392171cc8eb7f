"""The exports that benchmarks read: those of the project's generator, as large as is asked."""

import sys
from pathlib import Path

import duckdb

from tests.benchmarks.common import FLAT
from tests.benchmarks.measuring import measure

EVENTS_PER_USER = 17.5
DAYS = 90
SOJOURN = str(Path(sys.executable).with_name("sojourn"))


def make_exports(folder: Path, events: int, days: int = DAYS) -> float:
    """Make an export with about so many events, unless it is there.

    Args:
        folder: where it is put.
        events: about so many, for people come by chance.
        days: days that they are spread over.

    Returns:
        the seconds that it took; none where it was there.
    """
    if folder.exists():
        return 0.0
    draft = folder.with_name(f"{folder.name}.part")
    users = max(1, round(events / EVENTS_PER_USER))
    command = [SOJOURN, "sample", "--days", str(days), "--users", str(users), "--out", str(draft)]
    seconds = measure(command, folder.parent).cost.seconds
    draft.rename(folder)
    return seconds


def make_flat(exports: Path, file: Path) -> None:
    """Write the flat file of the common part, unless it is there."""
    if not file.exists():
        files = [str(path) for path in sorted(exports.glob("events_2*.parquet"))]
        draft = file.with_suffix(".part")
        with duckdb.connect(config={"memory_limit": "4GB", "temp_directory": f"{file}.tmp"}) as connection:
            connection.execute(FLAT.format(files=files, target=draft))
        draft.rename(file)
