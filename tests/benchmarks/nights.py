"""What a night costs after a long history and after a short one: `make bench-nights`.

The project's generator makes a year and some days of one shop. The last days are loaded night by night through `sojourn
run`; the medians of wall time, CPU time and peak memory are told, and of the parts of the work.
"""

import argparse
import os
import shutil
from pathlib import Path

from tests.benchmarks.contenders import RUN, Result
from tests.benchmarks.exports import SOJOURN, make_exports
from tests.benchmarks.measuring import PROJECT, measure
from tests.benchmarks.parts import REST, parts_of
from tests.benchmarks.rounds import medians, medians_of_parts
from tests.benchmarks.script import TIMEZONE


def run_night(place: Path, number: int) -> Result:
    """Load what is new at a place."""
    run = measure([SOJOURN, "run", "exports", "--timezone", TIMEZONE], place)
    found = Result(RUN, number, run.cost, parts_of(run, place))
    work = run.cost.seconds - found.parts[REST].seconds
    print(f"  {run.cost.seconds:.1f} s, of which work {work:.1f} s; {run.cost.megabytes:,.0f} MB", flush=True)
    return found


def measure_nights(out: Path, year: list[Path], history: int, nights: int) -> list[Result]:
    """Load a history at once, then the last days one night after another."""
    place = out / f"after_{history}"
    shutil.rmtree(place, ignore_errors=True)
    (place / "exports").mkdir(parents=True)
    shutil.copyfile(PROJECT / "dagster.yaml", place / "dagster.yaml")
    for file in year[-nights - history : -nights]:
        os.link(file, place / "exports" / file.name)
    print(f"{history} days at once, then {nights} nights", flush=True)
    run_night(place, 0)
    found = []
    for number, file in enumerate(year[-nights:], start=1):
        os.link(file, place / "exports" / file.name)
        found.append(run_night(place, number))
    return found


def main() -> None:
    """Print the medians after each history and their ratio."""
    parser = argparse.ArgumentParser(prog="make bench-nights", description=__doc__)
    parser.add_argument("--out", type=Path, default=PROJECT / "data" / "bench" / "nights")
    parser.add_argument("--events", type=int, default=100_000, help="events a day")
    parser.add_argument("--histories", type=int, nargs=2, default=(30, 365), help="days before the nights")
    parser.add_argument("--nights", type=int, default=3)
    chosen = parser.parse_args()
    out = chosen.out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    days = max(chosen.histories) + chosen.nights
    make_exports(out / f"{days}_days_of_{chosen.events}", chosen.events * days, days)
    year = sorted((out / f"{days}_days_of_{chosen.events}").glob("events_2*.parquet"))
    told = [measure_nights(out, year, history, chosen.nights) for history in chosen.histories]
    print_medians(chosen.histories, told)


def print_medians(histories: tuple[int, int], told: list[list[Result]]) -> None:
    """Print a line for each part and for the whole: after the short history, after the long one, and their ratio."""
    parts = [medians_of_parts(results) for results in told]
    whole = [medians(results)[RUN] for results in told]
    print(f"seconds after {histories[0]} days, after {histories[1]} days, ratio")
    for name in parts[1]:
        short, long = (costs[name].seconds for costs in parts)
        print(f"{name:24} {short:8.2f} {long:8.2f} {long / short:6.2f}")
    print(f"{'the whole command':24} {whole[0].seconds:8.2f} {whole[1].seconds:8.2f}", end="")
    print(f" {whole[1].seconds / whole[0].seconds:6.2f}")
    print(f"{'peak memory, MB':24} {whole[0].megabytes:8.0f} {whole[1].megabytes:8.0f}", end="")
    print(f" {whole[1].megabytes / whole[0].megabytes:6.2f}")


if __name__ == "__main__":
    main()
