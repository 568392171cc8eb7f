"""What an entry of the history says, in tables of words: for the terminal, for docs/speed.md and for the page."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tests.benchmarks.aims import aims_of
from tests.benchmarks.contenders import ALONE, COMMON, FLOORS_OF, IN_MEMORY, OWN, RUN, WHOLE
from tests.benchmarks.history import Entry
from tests.benchmarks.measuring import Cost

COSTS = ("seconds", "CPU seconds", "peak MB")
SHORT = {name: name.partition(": ")[2] for name in (*FLOORS_OF, *COMMON)}


@dataclass(frozen=True)
class Table:
    """A table of words, with a heading that says what its rows are."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def tables_of(entry: Entry, before: Entry | None = None) -> list[Table]:
    """Tell an entry: the whole, its parts, its floors and the common part; beside an earlier one, if there is one."""
    found = [
        Table("Aims", ("", "measured", "meant to be", "kept"), aims_of(entry)),
        Table(
            "From nested Parquet to published tables",
            ("", *COSTS, "× the script in memory", "events/s"),
            _whole(entry),
        ),
        Table("Parts of sojourn run", ("", *COSTS, "share of the time"), _parts(entry)),
        Table("Floors", ("", *COSTS, "× sojourn run"), _floors(entry)),
        Table(
            "The common part: sessions, transitions, a funnel",
            ("", *COSTS, "× Sojourn's time", "× its memory"),
            _common(entry),
        ),
        Table("Start-up and report", ("", *COSTS), tuple(_row(entry, name) for name in ALONE if name in entry.medians)),
    ]
    if before:
        found.append(Table(f"Since {before.date}, {before.commit}", ("", "time", "memory"), _since(entry, before)))
    return [table for table in found if table.rows]


def _row(entry: Entry, name: str, *more: str) -> tuple[str, ...]:
    return (SHORT.get(name, name), *_cells(entry.medians[name]), *more)


def _cells(cost: Cost) -> tuple[str, str, str]:
    return f"{cost.seconds:.2f}", f"{cost.cpu_seconds:.2f}", f"{cost.megabytes:,.0f}"


def _ratio(one: float, other: float) -> str:
    return f"{one / other:.2f}" if other else ""


def _whole(entry: Entry) -> tuple[tuple[str, ...], ...]:
    rows = []
    for name in WHOLE:
        if name in entry.medians:
            seconds = entry.medians[name].seconds
            script = entry.medians.get(IN_MEMORY)
            rows.append(
                _row(entry, name, _ratio(seconds, script.seconds if script else 0), f"{entry.rows / seconds:,.0f}")
            )
        elif name in entry.failed:
            rows.append((name, "failed", *[""] * 4))
    return tuple(rows)


def _parts(entry: Entry) -> tuple[tuple[str, ...], ...]:
    whole = sum(cost.seconds for cost in entry.parts.values())
    return tuple((name, *_cells(cost), _ratio(cost.seconds, whole)) for name, cost in entry.parts.items())


def _floors(entry: Entry) -> tuple[tuple[str, ...], ...]:
    present = [name for name in FLOORS_OF if name in entry.medians]
    if not present or RUN not in entry.medians:
        return ()
    whole = entry.medians[RUN].seconds
    rows = [_row(entry, name, _ratio(entry.medians[name].seconds, whole)) for name in present]
    floors = [entry.medians[name] for name in present]
    all_of = Cost(
        sum(cost.seconds for cost in floors),
        sum(cost.cpu_seconds for cost in floors),
        max(cost.megabytes for cost in floors),
    )
    rows.append(("together", *_cells(all_of), _ratio(all_of.seconds, whole)))
    rows.append(("sojourn run, of the floors together", "", "", "", _ratio(whole, all_of.seconds)))
    return tuple(rows)


def _common(entry: Entry) -> tuple[tuple[str, ...], ...]:
    own = entry.medians.get(OWN)
    rows: list[tuple[str, ...]] = []
    for name in COMMON:
        if name in entry.medians and own:
            cost = entry.medians[name]
            rows.append(_row(entry, name, _ratio(cost.seconds, own.seconds), _ratio(cost.megabytes, own.megabytes)))
        elif name in entry.failed:
            rows.append((SHORT[name], "failed", *[""] * 4))
    return tuple(rows)


def _since(entry: Entry, before: Entry) -> tuple[tuple[str, ...], ...]:
    both = [name for name in entry.medians if name in before.medians]
    return tuple(
        (
            name,
            f"{_ratio(entry.medians[name].seconds, before.medians[name].seconds)}×",
            f"{_ratio(entry.medians[name].megabytes, before.medians[name].megabytes)}×",
        )
        for name in both
    )


def said_of(entry: Entry) -> str:
    """Say what was measured, when and on what, and who failed and why."""
    made = f" They were generated in {entry.generated_seconds:.0f} s." if entry.generated_seconds else ""
    failed = "".join(f" {name} failed: {why}." for name, why in entry.failed.items())
    rounds = "One round" if entry.rounds == 1 else f"Medians of {entry.rounds} rounds"
    return (
        f"{entry.rows:,} rows of nested Parquet, 90 days. {rounds}, {entry.date}, commit"
        f" {entry.commit}, {entry.machine}.{made}{failed}"
    )


def markdown(entries: Iterable[Entry]) -> str:
    """Write entries for docs/speed.md, a heading each."""
    return "\n".join(_section(entry) for entry in entries)


def _section(entry: Entry) -> str:
    lines = [f"### {entry.millions:g} million events", "", said_of(entry), ""]
    for table in tables_of(entry):
        lines += [f"**{table.title}**", "", _line(table.head), _line(["---", *["---:"] * (len(table.head) - 1)])]
        lines += [*map(_line, table.rows), ""]
    return "\n".join(lines)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
