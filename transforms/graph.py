"""Transitions as a graph, and what it tells: who goes on to buy, after how much more, because of what."""

import io

import networkx as nx
import numpy as np
import numpy.typing as npt
import polars as pl

Matrix = npt.NDArray[np.float64]

START, CONVERTED, DROP_OFF, OPEN = "(start)", "(converted)", "(drop-off)", "(open)"
ABSORBING = (CONVERTED, DROP_OFF)
CHAINS = ["dimension", "segment", "level"]

STATES_SCHEMA = {
    "dimension": pl.String,
    "segment": pl.String,
    "level": pl.String,
    "state": pl.String,
    "visits": pl.Int64,
    "purchase_probability": pl.Float64,
    "expected_touchpoints": pl.Float64,
    "removal_effect": pl.Float64,
}


def transition_graph(transitions: pl.DataFrame) -> "nx.DiGraph[str]":
    """Every state is a node and every transition an edge.

    A node carries `count`, how often it was entered (for one that only opens the part: left); an edge carries
    `count`, `probability`, `median_seconds` and `p90_seconds`, the last two None where no time is told.

    Args:
        transitions: rows of table `transitions` of one part, level, dimension and segment.

    Returns:
        The graph, nodes and edges in the order of their names.

    Raises:
        ValueError: if the rows hold more than one part, level, dimension or segment.

    >>> rows = {"from_state": ["(start)", "cart"], "to_state": ["cart", "(open)"], "transition_count": [2, 2],
    ...         "probability": [1.0, 1.0], "median_seconds": [None, None], "p90_seconds": [None, None]}
    >>> transition_graph(pl.DataFrame(rows)).edges["(start)", "cart"]["count"]
    2
    """
    _require_one_graph(transitions)
    graph: nx.DiGraph[str] = nx.DiGraph()
    entered, left = _totals(transitions, "to_state"), _totals(transitions, "from_state")
    for state in sorted(entered | left):
        graph.add_node(state, count=entered.get(state, left.get(state)))
    for row in transitions.sort("from_state", "to_state").iter_rows(named=True):
        graph.add_edge(
            row["from_state"],
            row["to_state"],
            count=row["transition_count"],
            probability=row["probability"],
            median_seconds=row["median_seconds"],
            p90_seconds=row["p90_seconds"],
        )
    return graph


def graphml_bytes(graph: "nx.DiGraph[str]") -> bytes:
    """A graph as GraphML, which yEd, Gephi and networkx read; None is left out, as GraphML cannot hold it.

    Args:
        graph: nodes and edges with numbers, texts and None as attributes.

    Returns:
        UTF-8 XML, the same for the same graph.

    >>> graph = nx.DiGraph()
    >>> graph.add_edge("a", "b", count=2, median_seconds=None)
    >>> b"median_seconds" in graphml_bytes(graph)
    False
    """
    told: nx.DiGraph[str] = nx.DiGraph()
    told.add_nodes_from((node, _told(values)) for node, values in graph.nodes(data=True))
    told.add_edges_from((source, target, _told(values)) for source, target, values in graph.edges(data=True))
    buffer = io.BytesIO()
    nx.write_graphml_xml(told, buffer)
    return buffer.getvalue()


def chain_states(transitions: pl.DataFrame) -> pl.DataFrame:
    """The way to the purchase as an absorbing Markov chain, state by state.

    The chain is that of mature journeys which are decided, as the conversion rate is: purchases count at once
    and drop-offs wait, so a chain over all journeys with the open ones left out flatters every state. A state
    that no such journey was in has null figures. Since every such journey comes to an end, the chance to
    convert from (start) equals the conversion rate.

    - purchase_probability: chance to end in (converted) from the state.
    - expected_touchpoints: how many further states are entered, on average, before the end; a return to the
      same state counts, the state itself and the end do not. At level `phase` it counts phases.
    - removal_effect: 1 - P / P(purchase from the start), where P is the same chance if everybody who enters
      the state drops off there; null if no purchase was ever made. For (start) it is 1.

    Args:
        transitions: rows of table `transitions`; those of part `to_purchase` are used.

    Returns:
        Table `states`: one row per dimension, segment, level and state, in the order of these; visits is the
        number of times that the state was entered, for (start) the number of journeys.

    >>> rows = {"level": "phase", "part": "to_purchase", "dimension": "all",
    ...         "from_state": ["(start)", "cart", "cart"], "to_state": ["cart", "(converted)", "(drop-off)"],
    ...         "transition_count": [5, 1, 4], "decided_count": [4, 1, 3], "segment": "all"}
    >>> chain_states(pl.DataFrame(rows))["purchase_probability"].to_list()
    [0.25, 0.25]
    """
    used = transitions.filter(pl.col("part") == "to_purchase")
    chains = used.partition_by(CHAINS, as_dict=True)
    states = [_states(key, rows) for key, rows in chains.items()]
    return pl.concat([pl.DataFrame(schema=STATES_SCHEMA), *states]).sort(*CHAINS, "state")


def _require_one_graph(transitions: pl.DataFrame) -> None:
    for name in {"part", "level", "dimension", "segment"} & set(transitions.columns):
        values = transitions[name].unique().sort().to_list()
        if len(values) > 1:
            raise ValueError(f"a graph is of one {name}, but the transitions hold {values}; filter them first")


def _totals(transitions: pl.DataFrame, end: str) -> dict[str, int]:
    totals = transitions.group_by(end).agg(pl.col("transition_count").sum())
    return dict(totals.iter_rows())


def _told(values: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in values.items() if value is not None}


def _states(key: tuple[object, ...], transitions: pl.DataFrame) -> pl.DataFrame:
    entered, left = _totals(transitions, "to_state"), _totals(transitions, "from_state")
    figures = _chain_figures(_decided(transitions))
    rows = [
        (*key, state, entered.get(state, left.get(state)), *figures.get(state, (None, None, None)))
        for state in sorted(entered | left)
        if state not in (*ABSORBING, OPEN)
    ]
    return pl.DataFrame(rows, schema=STATES_SCHEMA, orient="row")


def _decided(transitions: pl.DataFrame) -> dict[tuple[str, str], int]:
    """Counts of the transitions of mature decided journeys: from each of their states an end is reached."""
    rows = transitions.select("from_state", "to_state", "decided_count").filter(pl.col("decided_count") > 0)
    return {(source, target): count for source, target, count in rows.iter_rows()}


def _chain_figures(counts: dict[tuple[str, str], int]) -> dict[str, tuple[float, float, float | None]]:
    """Purchase probability, expected further states and removal effect of every state that can reach an end.

    With N the fundamental matrix, (I - Q) inverted, N[i, j] is how often j is visited from i, so that the
    chance ever to visit j is N[i, j] / N[j, j]. A purchase by way of j is a visit to j, then one from there.
    """
    states = sorted({source for source, _ in counts})
    if not states:
        return {}
    inner, ending = _matrices(states, counts)
    identity = np.eye(len(states))
    fundamental: Matrix = np.linalg.solve(identity - inner, identity).astype(np.float64)
    buying: Matrix = np.clip(fundamental @ ending, 0.0, 1.0)
    further = np.maximum(fundamental.sum(axis=1) - 1.0, 0.0)
    lost = _removal_effects(states, fundamental, buying)
    return {s: (float(buying[i]), float(further[i]), lost[i]) for i, s in enumerate(states)}


def _matrices(states: list[str], counts: dict[tuple[str, str], int]) -> tuple[Matrix, Matrix]:
    """Q, the probabilities between states, and the probability of each to go straight to the purchase."""
    place = {state: index for index, state in enumerate(states)}
    moves = np.zeros((len(states), len(states)))
    ending, leaving = np.zeros(len(states)), np.zeros(len(states))
    for (source, target), count in counts.items():
        leaving[place[source]] += count
        if target in place:
            moves[place[source], place[target]] = count
        elif target == CONVERTED:
            ending[place[source]] = count
    return moves / leaving[:, np.newaxis], ending / leaving


def _removal_effects(states: list[str], fundamental: Matrix, buying: Matrix) -> list[float | None]:
    if START not in states or buying[states.index(START)] == 0:
        return [None] * len(states)
    start = states.index(START)
    effects = fundamental[start] / np.diag(fundamental) * buying / buying[start]
    return [float(effect) for effect in np.clip(effects, 0.0, 1.0)]
