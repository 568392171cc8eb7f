"""The graph of transitions, and the absorbing chain behind table `states`."""

import io
from collections import Counter

import networkx as nx
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.tables import STATES
from transforms.graph import chain_states, graphml_bytes, transition_graph

ENDS = {"buy": "(converted)", "leave": "(drop-off)", "open": "(open)", "soon": "(converted)"}
"""Who buys soon does so in a journey that is not mature."""


def transitions(*paths: str, level: str = "touchpoint") -> pl.DataFrame:
    """Rows of table `transitions` from paths such as "display search buy", one journey each."""
    counts: Counter[tuple[str, str]] = Counter()
    decided: Counter[tuple[str, str]] = Counter()
    for path in paths:
        *states, end = path.split()
        moves = list(zip(["(start)", *states], [*states, ENDS[end]], strict=True))
        counts.update(moves)
        decided.update(moves if end in ("buy", "leave") else [])
    return chain(dict(counts), dict(decided), level=level)


def chain(
    counts: dict[tuple[str, str], int], decided: dict[tuple[str, str], int] | None = None, level: str = "touchpoint"
) -> pl.DataFrame:
    leaving: Counter[str] = Counter()
    for (source, _), count in counts.items():
        leaving[source] += count
    rows = [
        {
            "part": "to_purchase",
            "level": level,
            "dimension": "all",
            "segment": "all",
            "from_state": source,
            "to_state": target,
            "transition_count": count,
            "decided_count": (counts if decided is None else decided).get((source, target), 0),
            "probability": count / leaving[source],
            "median_seconds": None if target.startswith("(") or source.startswith("(") else 60.0,
            "p90_seconds": None if target.startswith("(") or source.startswith("(") else 90.0,
        }
        for (source, target), count in counts.items()
    ]
    return pl.DataFrame(rows, schema_overrides={"median_seconds": pl.Float64, "p90_seconds": pl.Float64})


def figures(frame: pl.DataFrame, column: str) -> dict[str, float | None]:
    return dict(chain_states(frame).select("state", column).iter_rows())


# Grinstead and Snell, Introduction to Probability, 2nd ed., examples 11.13 to 11.15: a man walks between the
# corners 1, 2 and 3 until he is at home (4) or in the bar (0).
DRUNKARD = {
    ("(start)", "2"): 2,
    ("1", "(drop-off)"): 1,
    ("1", "2"): 1,
    ("2", "1"): 1,
    ("2", "3"): 1,
    ("3", "2"): 1,
    ("3", "(converted)"): 1,
}


def test_the_drunkards_walk_is_absorbed_with_the_published_probabilities() -> None:
    assert figures(chain(DRUNKARD), "purchase_probability") == pytest.approx(
        {"(start)": 1 / 2, "1": 1 / 4, "2": 1 / 2, "3": 3 / 4}
    )


def test_expected_touchpoints_are_the_published_steps_without_the_one_into_the_end() -> None:
    published_steps = {"1": 3, "2": 4, "3": 3}
    expected = {state: steps - 1 for state, steps in published_steps.items()} | {"(start)": 4}
    assert figures(chain(DRUNKARD), "expected_touchpoints") == pytest.approx(expected)


def test_a_state_on_every_way_home_is_lost_with_all_purchases() -> None:
    effects = figures(chain(DRUNKARD), "removal_effect")
    assert effects == pytest.approx({"(start)": 1, "1": 1 / 3, "2": 1, "3": 1})


def test_removal_effects_are_those_of_a_published_attribution_example() -> None:
    # S. Puzyrov, "Markov chain attribution: simple explanation of removal effect", serhiipuzyrov.com, 2019.
    # From its probabilities: P = .8 x .75 + .2 = .8; without ads .2, without mailing .8 x .5 = .4.
    paths = transitions("ads buy", "ads buy", "mailing buy", "ads mailing buy", "ads leave")
    assert figures(paths, "purchase_probability")["(start)"] == pytest.approx(0.8)
    assert figures(paths, "removal_effect") == pytest.approx({"(start)": 1, "ads": 0.75, "mailing": 0.5})


def test_open_and_immature_journeys_weigh_neither_way() -> None:
    with_open = transitions("search buy", "search leave", "search open", "search soon", "search chat soon")
    without = transitions("search buy", "search leave")
    for column in ("purchase_probability", "expected_touchpoints", "removal_effect"):
        assert figures(with_open, column) == figures(without, column) | {"chat": None}


def test_a_state_that_only_open_journeys_left_is_unknown_and_weighs_neither_way() -> None:
    paths = transitions("search buy", "search chat open", "search chat chat open")
    assert figures(paths, "purchase_probability") == {"(start)": 1, "search": 1, "chat": None}
    assert figures(paths, "removal_effect")["chat"] is None


def test_without_a_decided_journey_every_figure_is_unknown() -> None:
    assert figures(transitions("search open"), "purchase_probability") == {"(start)": None, "search": None}


def test_without_a_purchase_there_is_no_removal_effect() -> None:
    assert figures(transitions("search leave"), "removal_effect") == {"(start)": None, "search": None}


def test_visits_are_entries_and_for_the_start_journeys() -> None:
    paths = transitions("search search buy", "search open")
    assert figures(paths, "visits") == {"(start)": 2, "search": 3}


def test_the_chance_from_the_start_is_the_share_of_decided_journeys_that_bought() -> None:
    paths = transitions("a b buy", "a leave", "b a b leave", "a a open", "b soon")
    assert figures(paths, "purchase_probability")["(start)"] == pytest.approx(1 / 3, abs=1e-12)


def test_states_have_the_columns_of_the_contract_also_when_empty() -> None:
    full = chain_states(transitions("search buy"))
    empty = chain_states(transitions("search buy").clear())
    assert full.columns == empty.columns == STATES.column_names
    assert full.schema == empty.schema


def test_segments_are_chains_of_their_own_and_what_comes_after_the_purchase_is_left_out() -> None:
    paths = transitions("search buy")
    other = transitions("search leave").with_columns(dimension=pl.lit("customer"), segment=pl.lit("prospect"))
    after = paths.with_columns(part=pl.lit("after_purchase"))
    found = chain_states(pl.concat([paths, other, after]))
    assert found.filter(pl.col("dimension") == "all").equals(chain_states(paths))
    assert found.filter(pl.col("segment") == "prospect").equals(chain_states(other))


def test_levels_are_chains_of_their_own() -> None:
    both = pl.concat([transitions("ads buy"), transitions("interest leave", level="phase")])
    rows = chain_states(both).select("level", "state", "purchase_probability").rows()
    assert rows == [
        ("phase", "(start)", 0.0),
        ("phase", "interest", 0.0),
        ("touchpoint", "(start)", 1.0),
        ("touchpoint", "ads", 1.0),
    ]


PATHS = st.lists(
    st.tuples(st.lists(st.sampled_from("abcd"), min_size=1, max_size=5), st.sampled_from(["buy", "leave", "open"])),
    min_size=1,
    max_size=12,
)


@given(PATHS)
@settings(deadline=None)
def test_the_removal_effect_is_what_sending_the_inflow_to_the_drop_off_takes_away(
    drawn: list[tuple[list[str], str]],
) -> None:
    frame = transitions(*(" ".join([*states, end]) for states, end in drawn))
    whole = figures(frame, "purchase_probability")["(start)"]
    for state, effect in figures(frame, "removal_effect").items():
        if effect is None or whole is None or state == "(start)":
            continue
        unknown = [name for name, chance in figures(frame, "purchase_probability").items() if chance is None]
        known = frame.filter(~pl.col("to_state").is_in(unknown), ~pl.col("from_state").is_in(unknown))
        sent = pl.when(pl.col("to_state") == state).then(pl.lit("(drop-off)")).otherwise("to_state")
        keys = ("level", "part", "dimension", "segment", "from_state", "to_state")
        removed = known.with_columns(to_state=sent).group_by(*keys)
        rest = figures(removed.agg(pl.col("transition_count", "decided_count").sum()), "purchase_probability")[
            "(start)"
        ]
        assert rest is not None
        assert effect == pytest.approx(1 - rest / whole, abs=1e-9)


def test_a_graph_carries_counts_probabilities_and_times() -> None:
    graph = transition_graph(transitions("ads search buy", "search open"))
    assert graph.nodes["search"]["count"] == 2
    assert graph.nodes["(start)"]["count"] == 2
    assert graph.edges["ads", "search"] == {
        "count": 1,
        "probability": 1.0,
        "median_seconds": 60.0,
        "p90_seconds": 90.0,
    }


def test_a_graph_of_two_segments_is_refused() -> None:
    rows = transitions("ads buy")
    mixed = pl.concat([rows, rows.with_columns(segment=pl.lit("mobile"))])
    with pytest.raises(ValueError, match=r"one segment, but the transitions hold \['all', 'mobile'\]"):
        transition_graph(mixed)


def test_graphml_comes_back_as_the_same_graph_without_what_is_not_told() -> None:
    graph = transition_graph(transitions("ads search buy", "search open"))
    back = nx.read_graphml(io.BytesIO(graphml_bytes(graph)))
    assert back.edges["ads", "search"] == graph.edges["ads", "search"]
    assert back.edges["(start)", "ads"] == {"count": 1, "probability": 0.5}
    assert graphml_bytes(graph) == graphml_bytes(graph)
