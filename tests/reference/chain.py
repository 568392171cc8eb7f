"""The chain of section 6: what the transitions of mature decided journeys tell of each state."""

from collections import Counter

from tests.reference.journeys import Clock
from tests.reference.transitions import Edge, decided_steps, steps
from tests.reference.values import Row

Moves = dict[str, dict[str, float]]
BOUGHT, LOST = "(converted)", "(drop-off)"


def state_rows(journeys: list[Row], touchpoints: list[list[Row]], clock: Clock) -> list[Row]:
    """The states of one segment, at both levels."""
    decided = decided_steps(journeys, touchpoints, clock)
    rows: list[Row] = []
    for level in ("phase", "touchpoint"):
        moves = moves_of(decided, level)
        chances = solved(moves, {state: ways.get(BOUGHT, 0.0) for state, ways in moves.items()})
        further = solved(moves, {s: sum(p for to, p in ways.items() if to in moves) for s, ways in moves.items()})
        rows += [
            {
                "level": level,
                "state": state,
                "visits": count,
                "purchase_probability": chances.get(state),
                "expected_touchpoints": further.get(state),
                "removal_effect": removal_effect(moves, chances, state),
            }
            for state, count in sorted(visits_of(journeys, touchpoints, level, clock).items())
        ]
    return rows


def moves_of(decided: dict[Edge, int], level: str) -> Moves:
    """The probabilities of where each state leads to."""
    counts: dict[str, dict[str, int]] = {}
    for (part, at, from_state, to_state), count in decided.items():
        if (part, at) == ("to_purchase", level):
            counts.setdefault(from_state, {})[to_state] = count
    return {one: {to: n / sum(ways.values()) for to, n in ways.items()} for one, ways in counts.items()}


def visits_of(journeys: list[Row], touchpoints: list[list[Row]], level: str, clock: Clock) -> dict[str, int]:
    """How often each state is entered by any journey; for the start, how many journeys there are."""
    pairs = zip(journeys, touchpoints, strict=True)
    edges = [edge for journey, mine in pairs for edge, _ in steps(journey, mine, level, clock)]
    ways = [(from_state, to_state) for part, _, from_state, to_state in edges if part == "to_purchase"]
    starts = [from_state for from_state, _ in ways if from_state == "(start)"]
    return dict(Counter([*starts, *(to_state for _, to_state in ways if to_state[0] != "(")]))


def removal_effect(moves: Moves, chances: dict[str, float], state: str) -> float | None:
    """The share of purchases that is lost if everybody who enters the state drops off there."""
    if state not in moves or not chances.get("(start)"):
        return None
    if state == "(start)":
        return 1.0
    rest = {one: {LOST if to == state else to: p for to, p in ways.items()} for one, ways in moves.items()}
    for one, ways in moves.items():
        rest[one][LOST] = ways.get(LOST, 0.0) + ways.get(state, 0.0)
    left = solved(rest, {one: ways.get(BOUGHT, 0.0) for one, ways in rest.items()})
    return 1 - left["(start)"] / chances["(start)"]


def solved(moves: Moves, own: dict[str, float]) -> dict[str, float]:
    """What x is, where x of a state is its own value and the mean of x over the states that come next."""
    states = sorted(moves)
    rows = [[(one == to) - moves[one].get(to, 0.0) for to in states] + [own[one]] for one in states]
    for place in range(len(states)):
        best = max(range(place, len(states)), key=lambda row: abs(rows[row][place]))
        rows[place], rows[best] = rows[best], rows[place]
        for row in range(len(states)):
            if row != place and rows[row][place]:
                factor = rows[row][place] / rows[place][place]
                rows[row] = [a - factor * b for a, b in zip(rows[row], rows[place], strict=True)]
    return {state: rows[place][-1] / rows[place][place] for place, state in enumerate(states)}
