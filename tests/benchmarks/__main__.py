"""The benchmark: `make bench`, or `python -m tests.benchmarks --events 1 5 --rounds 3`.

Each size has a folder under data/bench with its exports. What is measured of a version is kept there as it comes, so
that a benchmark that was broken off goes on where it was. In the end medians are added to the history, the page is
written, and docs/speed.md tells the last entry of each size.
"""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import duckdb

from tests.benchmarks.common import PEERS
from tests.benchmarks.contenders import ALONE, FLOORS_OF, LIMITED, WHOLE, Ground
from tests.benchmarks.exports import make_exports, make_flat
from tests.benchmarks.history import HISTORY, Entry, last_before, machine, read_history, record, today, version
from tests.benchmarks.measuring import PROJECT, BenchmarkError
from tests.benchmarks.page import page
from tests.benchmarks.rounds import medians, medians_of_parts, run_rounds
from tests.benchmarks.summary import markdown, said_of, tables_of

COMMON_UP_TO = 5.0
"""Millions of events up to which peers that hold all of them in memory are asked: one takes a gigabyte a million."""
LIMITED_UP_TO = 5.0
"""Millions of events up to which the script is held to 1 GB: at twenty it spilled more than 36 GB, and was not done."""
SPEED = PROJECT / "docs" / "speed.md"
MEASURED = "<!-- what follows is written by `make bench` -->\n"


@dataclass(frozen=True)
class Choice:
    """What is asked for: sizes in millions of events, rounds, and where everything is put."""

    sizes: list[float]
    rounds: int
    out: Path
    peers: tuple[str, ...]
    history: Path
    docs: Path


def read_choice(arguments: list[str]) -> Choice:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--events", type=float, nargs="+", default=[1, 5, 20], help="millions of events")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=PROJECT / "data" / "bench")
    parser.add_argument("--peers", nargs="*", default=list(PEERS), choices=list(PEERS), help="peers of the common part")
    parser.add_argument("--history", type=Path, default=HISTORY)
    parser.add_argument("--docs", type=Path, default=SPEED)
    given = parser.parse_args(arguments)
    sizes = sorted(given.events)
    return Choice(sizes, given.rounds, given.out.resolve(), tuple(given.peers), given.history, given.docs)


def benchmark(choice: Choice, size: float, measured: str) -> Entry:
    """Measure one size, and give its medians."""
    ground = Ground(choice.out / f"{size:g}m")
    ground.folder.mkdir(parents=True, exist_ok=True)
    tell(f"{size:g} million events in {ground.folder}")
    generated = make_exports(ground.exports, round(size * 1e6))
    peers = [f"common: {peer}" for peer in choice.peers] if size <= COMMON_UP_TO else []
    if peers:
        make_flat(ground.exports, ground.flat)
    whole = [name for name in WHOLE if name != LIMITED or size <= LIMITED_UP_TO]
    contenders = [*whole, *FLOORS_OF, *ALONE, *peers]
    results = run_rounds(contenders, choice.rounds, ground, ground.folder / f"{measured}.jsonl", tell)
    failed = {result.contender: result.failed for result in results if result.failed}
    told = (medians(results), medians_of_parts(results), failed, generated)
    return Entry(today(), measured, machine(), size, count_rows(ground.exports), choice.rounds, *told)


def count_rows(exports: Path) -> int:
    """Count the rows of the exports that are loaded."""
    return int(duckdb.sql(f"SELECT count(*) FROM '{exports}/events_2*.parquet'").fetchall()[0][0])


def tell(line: str) -> None:
    """Print a line at once."""
    print(line, flush=True)


def tell_entry(entry: Entry, before: Entry | None) -> None:
    """Print what an entry says."""
    tell(f"\n{said_of(entry)}")
    for table in tables_of(entry, before):
        widths = [max(map(len, column)) for column in zip(table.head, *table.rows, strict=True)]
        tell(f"\n{table.title}")
        for row in (table.head, *table.rows):
            first, *rest = (cell.rjust(width) for cell, width in zip(row, widths, strict=True))
            tell("  ".join([first.strip().ljust(widths[0]), *rest]))


def write_docs(docs: Path, history: Path) -> None:
    """Tell the last entry of each size in the page of the docs, under what is written there by hand."""
    entries = {entry.millions: entry for entry in read_history(history)}
    by_hand = docs.read_text("utf-8").partition(MEASURED)[0] if docs.exists() else "# Speed\n\n"
    docs.write_text(by_hand + MEASURED + "\n" + markdown(entries[size] for size in sorted(entries)), "utf-8")


def main(arguments: list[str]) -> None:
    """Measure all sizes, smallest first."""
    choice = read_choice(arguments)
    past, measured = read_history(choice.history), version()
    entries, before = [], []
    for size in choice.sizes:
        entry = benchmark(choice, size, measured)
        entries.append(entry)
        before.append(last_before(past, entry))
        record(entry, choice.history)
        tell_entry(entry, before[-1])
        (choice.out / "page.html").write_text(page(entries, before), "utf-8")
    write_docs(choice.docs, choice.history)
    tell(f"\npage {choice.out / 'page.html'}")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except BenchmarkError as error:
        sys.exit(str(error))
