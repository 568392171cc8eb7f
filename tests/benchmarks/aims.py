"""What Sojourn is meant to keep to, on two cores, and what was measured of it."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.benchmarks.contenders import FLOORS_OF, HELP, IN_MEMORY, OWN, REPORT, RUN
from tests.benchmarks.history import Entry
from tests.benchmarks.measuring import Cost

PEER = "common: retentioneering"


@dataclass(frozen=True)
class Aim:
    """A bound on a figure of an entry; the figure is none where a part of it was not measured."""

    what: str
    figure: Callable[[Entry], float | None]
    bound: float
    is_least: bool = False

    def row(self, entry: Entry) -> tuple[str, str, str, str] | None:
        """What was measured, what it is meant to be, and whether it is; nothing where it was not measured."""
        found = self.figure(entry)
        if found is None:
            return None
        is_kept = found >= self.bound if self.is_least else found <= self.bound
        bound = f"{'at least' if self.is_least else 'at most'} {self.bound:,g}"
        return self.what, f"{found:,.0f}" if found >= 100 else f"{found:.2f}", bound, "yes" if is_kept else "no"


def aims_of(entry: Entry) -> tuple[tuple[str, ...], ...]:
    """One row per aim of which the figures were measured."""
    return tuple(row for aim in AIMS if (row := aim.row(entry)))


def _ratio(one: str, other: str, of: str) -> Callable[[Entry], float | None]:
    def figure(entry: Entry) -> float | None:
        costs = [entry.medians.get(name) for name in (one, other)]
        return None if None in costs else getattr(costs[0], of) / getattr(costs[1], of)

    return figure


def _of(name: str, tell: Callable[[Entry, Cost], float]) -> Callable[[Entry], float | None]:
    def figure(entry: Entry) -> float | None:
        cost = entry.medians.get(name)
        return tell(entry, cost) if cost else None

    return figure


def _over_floors(entry: Entry) -> float | None:
    floors = [entry.medians.get(name) for name in FLOORS_OF]
    if RUN not in entry.medians or None in floors:
        return None
    return entry.medians[RUN].seconds / sum(cost.seconds for cost in floors if cost)


AIMS = (
    Aim("time, of that of the SQL script in memory", _ratio(RUN, IN_MEMORY, "seconds"), 0.5),
    Aim("events a second", _of(RUN, lambda entry, cost: entry.rows / cost.seconds), 300_000, is_least=True),
    Aim("peak memory, MB", _of(RUN, lambda entry, cost: cost.megabytes), 2_500),
    Aim("time, of the sum of its floors", _over_floors, 2),
    Aim("the common part: time, of that of retentioneering", _ratio(OWN, PEER, "seconds"), 0.2),
    Aim("the common part: memory, of that of retentioneering", _ratio(OWN, PEER, "megabytes"), 0.3),
    Aim("start-up (sojourn --help), seconds", _of(HELP, lambda entry, cost: cost.seconds), 0.3),
    Aim("page, pictures and PDF (sojourn report), seconds", _of(REPORT, lambda entry, cost: cost.seconds), 3),
)
