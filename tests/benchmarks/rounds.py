"""Rounds: all contenders in turn, again and again, so that what else the machine does hits all of them alike."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import median

from tests.benchmarks.contenders import Ground, Result, check_equal, compete
from tests.benchmarks.measuring import Cost


def run_rounds(
    contenders: Sequence[str], rounds: int, ground: Ground, kept: Path, tell: Callable[[str], None]
) -> list[Result]:
    """Measure each contender once a round, those first that are left of an earlier try.

    Args:
        contenders: in their turn; floors after Sojourn, on whose file they stand.
        rounds: how many.
        ground: exports and places.
        kept: a file of JSON lines that holds what is measured, as soon as it is; who failed is asked again.
        tell: is told of each.

    Raises:
        BenchmarkError: if Sojourn fails, or two answers are not the same.
    """
    results = [result for result in read_results(kept) if result.round <= rounds]
    measured = {(result.contender, result.round) for result in results}
    for number in range(1, rounds + 1):
        for contender in contenders:
            if (contender, number) in measured:
                continue
            result = compete(contender, number, ground)
            tell(_line(result))
            check_equal([*results, result])
            results.append(result)
            if not result.failed:
                with kept.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(asdict(result)) + "\n")
    return results


def _line(result: Result) -> str:
    cost = result.cost
    told = f"{cost.seconds:.1f} s, {cost.cpu_seconds:.1f} s of CPU, {cost.megabytes:,.0f} MB"
    return f"round {result.round}, {result.contender}: {result.failed or told}"


def read_results(kept: Path) -> list[Result]:
    """Read what was measured."""
    if not kept.exists():
        return []
    rows = [json.loads(line) for line in kept.read_text("utf-8").splitlines()]
    return [Result(**{**row, "cost": Cost(**row["cost"]), "parts": _costs(row["parts"])}) for row in rows]


def _costs(told: dict[str, dict[str, float]]) -> dict[str, Cost]:
    return {name: Cost(**cost) for name, cost in told.items()}


def medians(results: Iterable[Result]) -> dict[str, Cost]:
    """The median of each figure over the rounds of each contender, in order; those that failed are left out."""
    found: dict[str, list[Cost]] = {}
    for result in results:
        if not result.failed:
            found.setdefault(result.contender, []).append(result.cost)
    return {name: _median(costs) for name, costs in found.items()}


def medians_of_parts(results: Iterable[Result]) -> dict[str, Cost]:
    """The same for the parts of Sojourn's runs."""
    found: dict[str, list[Cost]] = {}
    for result in results:
        for name, cost in result.parts.items():
            found.setdefault(name, []).append(cost)
    return {name: _median(costs) for name, costs in found.items()}


def _median(costs: Sequence[Cost]) -> Cost:
    columns = zip(*((cost.seconds, cost.cpu_seconds, cost.megabytes) for cost in costs), strict=True)
    return Cost(*(median(column) for column in columns))
