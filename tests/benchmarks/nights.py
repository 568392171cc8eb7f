"""What a night costs after a long history and after a short one: `python -m tests.benchmarks.nights --out DIR`.

The project's generator makes a thin year of one shop; copies of its people under other names make it as thick as is
asked. The last days are loaded night by night through `sojourn run`; wall time and peak memory of each are told.
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import duckdb

PROJECT = Path(__file__).parents[2]
BASE_EVENTS_PER_USER = 18
COPY = """
    COPY (
        SELECT e.* REPLACE (
            CASE WHEN copy = 0 THEN user_pseudo_id ELSE user_pseudo_id || '.' || copy END AS user_pseudo_id,
            CASE WHEN copy > 0 AND user_id <> '' THEN user_id || '.' || copy ELSE user_id END AS user_id
        )
        FROM read_parquet('{source}') AS e, range({copies}) AS t(copy)
        WHERE copy = 0 OR user_pseudo_id IS NOT NULL
    ) TO '{target}' (FORMAT parquet, COMPRESSION zstd)
"""


@dataclass(frozen=True)
class Night:
    """What one run of the command line took."""

    seconds: float
    megabytes: float


def make_year(out: Path, days: int, events_per_day: int) -> list[Path]:
    """Make an export of so many days with about so many events each, unless it is there; list its files."""
    folder = out / "year"
    if not folder.exists():
        thin = out / "thin"
        users = 400_000 // BASE_EVENTS_PER_USER
        run_sojourn(out, "sample", "--days", str(days), "--users", str(users), "--out", str(thin))
        files = sorted(thin.glob("events_2*.parquet"))
        with duckdb.connect() as connection:
            count = connection.read_parquet([str(file) for file in files], union_by_name=True).count("*").fetchall()
            copies = max(1, round(events_per_day * days / count[0][0]))
            folder.mkdir()
            for file in files:
                connection.execute(COPY.format(source=file, target=folder / file.name, copies=copies))
    return sorted(folder.glob("*.parquet"))


def run_sojourn(place: Path, *arguments: str) -> Night:
    """Run the command line at a place in a process of its own, with Dagster's records there, and measure that."""
    shutil.copyfile(PROJECT / "dagster.yaml", place / "dagster.yaml")
    started = time.perf_counter()
    command = [str(Path(sys.executable).with_name("sojourn")), *arguments]
    process = subprocess.Popen(command, cwd=place, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise subprocess.CalledProcessError(status, command)
    return Night(time.perf_counter() - started, usage.ru_maxrss / 1024)


def measure(out: Path, year: list[Path], history: int, nights: int) -> list[Night]:
    """Load a history, then the last days one night after another."""
    place = out / f"after_{history}"
    shutil.rmtree(place, ignore_errors=True)
    (place / "exports").mkdir(parents=True)
    last = year[-nights:]
    for file in year[-nights - history : -nights]:
        os.link(file, place / "exports" / file.name)
    first = run_sojourn(place, "run", "exports")
    print(f"{history} days at once: {first.seconds:.1f} s, {first.megabytes:.0f} MB", flush=True)
    found = []
    for file in last:
        os.link(file, place / "exports" / file.name)
        found.append(run_sojourn(place, "run", "exports"))
        print(f"a night after {history} days: {found[-1].seconds:.1f} s, {found[-1].megabytes:.0f} MB", flush=True)
    return found


def main() -> None:
    """Print the medians after each history and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--events", type=int, default=100_000, help="events a day")
    parser.add_argument("--histories", type=int, nargs=2, default=(30, 365), help="days before the nights")
    parser.add_argument("--nights", type=int, default=3)
    chosen = parser.parse_args()
    chosen.out = chosen.out.resolve()
    chosen.out.mkdir(parents=True, exist_ok=True)
    year = make_year(chosen.out, max(chosen.histories) + chosen.nights, chosen.events)
    short, long = (measure(chosen.out, year, history, chosen.nights) for history in chosen.histories)
    seconds = [median(night.seconds for night in nights) for nights in (short, long)]
    megabytes = [median(night.megabytes for night in nights) for nights in (short, long)]
    print(f"time {seconds[1] / seconds[0]:.2f}x, memory {megabytes[1] / megabytes[0]:.2f}x")


if __name__ == "__main__":
    main()
