"""What if a tenth fewer left: the chain of section 6 changed at one state and solved anew."""

import hashlib
from typing import Any

from tests.reference.chain import BOUGHT, LOST, Moves, moves_of, solved
from tests.reference.journeys import Clock
from tests.reference.transitions import Edge, decided_steps
from tests.reference.values import Row

GROUPS, STUDENT = 10, 2.262157


def group_of(person: str) -> int:
    """The group of a person: the first 32 bits of the MD5 of the key, modulo ten."""
    return int(hashlib.md5(person.encode(), usedforsecurity=False).hexdigest()[:8], 16) % GROUPS


def lever_rows(journeys: list[Row], touchpoints: list[list[Row]], clock: Clock, lifecycle: Any, kpi: Row) -> list[Row]:
    """The levers of one segment, at both levels, for states of phases before and during the purchase."""
    stages = {phase.key: phase.stage for phase in lifecycle.phases}
    asked = {"phase": stages, "touchpoint": {point.key: stages[point.phase] for point in lifecycle.touchpoints}}
    whole = decided_steps(journeys, touchpoints, clock)
    parts = [_without(journeys, touchpoints, clock, group) for group in range(GROUPS)]
    number = sum(count for edge, count in whole.items() if edge[1:3] == ("phase", "(start)"))
    worth = kpi["revenue"] / kpi["converted"] if kpi["converted"] and kpi["revenue"] is not None else None
    rows: list[Row] = []
    for level in ("phase", "touchpoint"):
        chain, fewer = moves_of(whole, level), [moves_of(part, level) for part in parts]
        for state in sorted(set(chain) & set(asked[level])):
            if asked[level][state] == "after":
                continue
            extra = number * gain(chain, state)
            row: Row = {"level": level, "state": state, "extra_purchases": extra, "low": None, "high": None}
            row["left_here"] = whole.get(("to_purchase", level, state, LOST), 0)
            row["extra_revenue"] = None if worth is None else extra * worth
            if all(fewer):
                off = sum((number * gain(one, state) - extra) ** 2 for one in fewer)
                margin = STUDENT * ((GROUPS - 1) / GROUPS * off) ** 0.5
                row |= {"low": max(0.0, extra - margin), "high": extra + margin}
            rows.append(row)
    return rows


def _without(journeys: list[Row], touchpoints: list[list[Row]], clock: Clock, group: int) -> dict[Edge, int]:
    kept = [pair for pair in zip(journeys, touchpoints, strict=True) if group_of(pair[0]["person_id"]) != group]
    return decided_steps([journey for journey, _ in kept], [mine for _, mine in kept], clock)


def gain(moves: Moves, state: str) -> float:
    """How much likelier a purchase becomes if a tenth fewer leave a state for good."""
    lost = moves.get(state, {}).get(LOST, 0.0)
    if not 0 < lost < 1:
        return 0.0
    more = (1 - 0.9 * lost) / (1 - lost)
    ways = {to: chance * (0.9 if to == LOST else more) for to, chance in moves[state].items()}
    return _chance({**moves, state: ways}) - _chance(moves)


def _chance(moves: Moves) -> float:
    return solved(moves, {state: ways.get(BOUGHT, 0.0) for state, ways in moves.items()})["(start)"]
