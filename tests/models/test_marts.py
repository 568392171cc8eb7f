"""Every rule of the marts on a few rows worked out by hand; Kaplan-Meier against lifelines."""

import random
import warnings
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.tables import TABLES
from tests.models.mart_rows import AS_OF, MARTS, PHASES, START, Warehouse, by
from tests.reference.statistics import counted_seconds

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from lifelines import KaplanMeierFitter


@pytest.fixture
def warehouse() -> Iterator[Warehouse]:
    made = Warehouse()
    yield made
    made.connection.close()


SQL_MARTS = ["persons", "phase_metrics", "transitions", "touchpoints_before_purchase", "kpis", "quality"]


@pytest.mark.parametrize("name", SQL_MARTS)
def test_a_mart_gives_the_columns_of_its_contract_in_order_and_type(warehouse: Warehouse, name: str) -> None:
    warehouse.mart(name)
    warehouse.connection.execute(f"CREATE TABLE made AS {(MARTS / f'{name}.sql').read_text()}")
    made = [(row["column_name"], row["column_type"]) for row in warehouse.rows("DESCRIBE made")]
    assert made == [(column.name, column.type) for column in TABLES[name].columns]


def edges(warehouse: Warehouse, part: str, level: str) -> dict[tuple[str, str], tuple[int, float | None]]:
    rows = [row for row in warehouse.mart("transitions") if (row["part"], row["level"]) == (part, level)]
    return {(r["from_state"], r["to_state"]): (r["transition_count"], r["median_seconds"]) for r in rows}


BOUGHT = "display@0 article@10 search@60 checkout@100 purchase@130 checkout@150 help@200"


def test_touchpoint_transitions_run_from_the_start_to_the_first_conversion(warehouse: Warehouse) -> None:
    warehouse.journey(BOUGHT, "converted")
    assert edges(warehouse, "to_purchase", "touchpoint") == {
        ("(start)", "display"): (1, None),
        ("display", "article"): (1, 10),
        ("article", "search"): (1, 50),
        ("search", "checkout"): (1, 40),
        ("checkout", "purchase"): (1, 30),
        ("purchase", "(converted)"): (1, None),
    }


def test_touchpoint_transitions_after_the_purchase_run_from_converted_to_the_end(
    warehouse: Warehouse,
) -> None:
    warehouse.journey(BOUGHT, "converted")
    assert edges(warehouse, "after_purchase", "touchpoint") == {
        ("(converted)", "checkout"): (1, None),
        ("checkout", "help"): (1, 50),
        ("help", "(end)"): (1, None),
    }


def test_a_run_of_one_phase_is_cut_at_the_purchase(warehouse: Warehouse) -> None:
    warehouse.journey(BOUGHT, "converted")
    assert edges(warehouse, "to_purchase", "phase") == {
        ("(start)", "awareness"): (1, None),
        ("awareness", "interest"): (1, 60),
        ("interest", "conversion"): (1, 40),
        ("conversion", "(converted)"): (1, None),
    }
    assert edges(warehouse, "after_purchase", "phase") == {
        ("(converted)", "conversion"): (1, None),
        ("conversion", "retention"): (1, 50),
        ("retention", "(end)"): (1, None),
    }


def test_a_purchase_with_nothing_after_it_goes_straight_to_the_end(warehouse: Warehouse) -> None:
    warehouse.journey("purchase@0", "converted")
    warehouse.journey("purchase@0", "converted", closed=False)
    for level in ("phase", "touchpoint"):
        assert edges(warehouse, "after_purchase", level) == {
            ("(converted)", "(end)"): (1, None),
            ("(converted)", "(open)"): (1, None),
        }


def test_a_journey_without_a_purchase_ends_by_its_outcome(warehouse: Warehouse) -> None:
    warehouse.journey("search@0", "dropped_off")
    warehouse.journey("search@0", "open", closed=False)
    assert edges(warehouse, "to_purchase", "touchpoint") == {
        ("(start)", "search"): (2, None),
        ("search", "(drop-off)"): (1, None),
        ("search", "(open)"): (1, None),
    }
    assert edges(warehouse, "after_purchase", "touchpoint") == {}


def test_no_time_of_a_transition_counts_beyond_as_of(warehouse: Warehouse) -> None:
    warehouse.journey("display@-60 search@30 article@90", start=AS_OF)
    assert edges(warehouse, "to_purchase", "touchpoint")["display", "search"] == (1, 60)
    assert edges(warehouse, "to_purchase", "phase")["interest", "awareness"] == (1, 0)


def test_quantiles_of_transitions_interpolate_linearly_and_probabilities_are_of_the_state_left(
    warehouse: Warehouse,
) -> None:
    for seconds in (10, 20, 40, 80):
        warehouse.journey(f"display@0 search@{seconds}")
    warehouse.journey("display@0 article@5")
    row = by(warehouse.mart("transitions"), "level", "from_state", "to_state")["touchpoint", "display", "search"]
    assert (row["median_seconds"], row["p90_seconds"]) == (30, pytest.approx(68))
    assert row["probability"] == 0.8


def test_quantiles_from_counts_are_those_of_all_values_to_three_digits(warehouse: Warehouse) -> None:
    chance = random.Random(3)
    seconds = [round(chance.lognormvariate(5, 3), 6) for _ in range(120)]
    for number, wait in enumerate(seconds, 1):
        for segment in [{"channel": "Email"} if number % 3 else {"channel": "Direct"}]:
            warehouse.journey(f"display@0 search@{wait}", segments=segment)
    for dimension, segment, waits in (
        ("all", "all", seconds),
        ("channel", "Direct", seconds[2::3]),
        ("channel", "Email", [wait for number, wait in enumerate(seconds, 1) if number % 3]),
    ):
        rows = by(warehouse.mart("transitions", dimension), "segment", "level", "from_state")
        row = rows[segment, "touchpoint", "display"]
        expected = [
            pl.Series([counted_seconds(wait) for wait in waits]).quantile(share, "linear") for share in (0.5, 0.9)
        ]
        assert [row["median_seconds"], row["p90_seconds"]] == pytest.approx(expected, rel=1e-12)


KINDS = st.lists(st.sampled_from(["display", "article", "search", "purchase", "help"]), min_size=1, max_size=6)


@given(st.lists(st.tuples(KINDS, st.sampled_from(["dropped_off", "open"]), st.booleans()), min_size=1, max_size=6))
@settings(deadline=None, max_examples=25)
def test_into_a_state_as_many_go_as_leave_it(drawn: list[tuple[list[str], str, bool]]) -> None:
    warehouse = Warehouse()
    for names, outcome, closed in drawn:
        text = " ".join(f"{name}@{at}" for at, name in enumerate(names))
        warehouse.journey(text, "converted" if "purchase" in names else outcome, closed=closed)
    converted = sum("purchase" in names for names, _, _ in drawn)
    rows = warehouse.mart("transitions")
    for level in ("phase", "touchpoint"):
        into: Counter[tuple[str, str]] = Counter()
        out, chance = into.copy(), Counter[tuple[str, str]]()
        for row in [row for row in rows if row["level"] == level]:
            into[row["part"], row["to_state"]] += row["transition_count"]
            out[row["part"], row["from_state"]] += row["transition_count"]
            chance[row["part"], row["from_state"]] += row["probability"]
        assert out["to_purchase", "(start)"] == len(drawn)
        assert into["to_purchase", "(converted)"] == out["after_purchase", "(converted)"] == converted
        assert all(into[key] == out[key] for key in into | out if not key[1].startswith("("))
        assert all(total == pytest.approx(1) for total in chance.values())


def test_touchpoints_before_purchase_are_spread_over_converted_journeys_of_the_segment(
    warehouse: Warehouse,
) -> None:
    mobile = {"device_category": "mobile"}
    warehouse.journey("purchase@0", "converted", segments=mobile)
    for _ in range(3):
        warehouse.journey("display@0 search@1 purchase@2 search@3 purchase@4", "converted", segments=mobile)
    warehouse.journey("display@0", segments=mobile)
    warehouse.journey("display@0 purchase@1", "converted", segments={"device_category": "desktop"})
    rows = warehouse.mart("touchpoints_before_purchase", "device_category")
    assert [tuple(row.values())[1:] for row in rows] == [
        ("desktop", 1, 1, 1.0, 1.0),
        ("mobile", 0, 1, 0.25, 0.25),
        ("mobile", 2, 3, 0.75, 1.0),
    ]


def test_the_funnel_counts_journeys_by_their_furthest_phase(warehouse: Warehouse) -> None:
    warehouse.journey("search@0 display@5", "dropped_off")
    warehouse.journey("display@0", "open")
    warehouse.journey("display@0 search@3 display@4 purchase@5 help@7", "converted")
    warehouse.journey("help@0 checkout@5", "dropped_off")
    warehouse.journey("help@0", "dropped_off")  # help counts only after a purchase: in no phase's reached
    rows = warehouse.mart("phase_metrics")
    counts = ["reached", "visited", "entered_here", "progressed", "dropped_off", "still_open", "stopped"]
    assert {row["phase"]: tuple(row[name] for name in counts) for row in rows} == {
        "awareness": (4, 3, 2, 3, 0, 1, 0),
        "interest": (3, 2, 1, 2, 1, 0, 0),
        "conversion": (2, 2, 0, 1, 1, 0, 0),
        "retention": (1, 3, 2, 0, 0, 0, 1),
    }


def test_drop_off_rates_are_over_mature_journeys_that_are_decided(warehouse: Warehouse) -> None:
    for outcome, mature, count in (("dropped_off", True, 2), ("dropped_off", False, 5), ("open", True, 1)):
        for _ in range(count):
            warehouse.journey("display@0", outcome, mature=mature)
    warehouse.journey("display@0 purchase@1 help@2", "converted")
    rows = by(warehouse.mart("phase_metrics"), "phase")
    first = rows["awareness"]
    assert (first["mature_reached"], first["mature_dropped_off"], first["mature_still_open"]) == (4, 2, 1)
    assert first["drop_off_rate"] == 2 / 3
    assert first["drop_off_low"] == pytest.approx(0.2077, abs=5e-5)
    assert first["drop_off_high"] == pytest.approx(0.9385, abs=5e-5)
    assert rows["conversion"]["drop_off_rate"] == 0
    assert [rows["retention"][f"drop_off_{end}"] for end in ("rate", "low", "high")] == [None] * 3


def test_a_rate_over_nothing_is_null(warehouse: Warehouse) -> None:
    warehouse.journey("display@0", "open", mature=False)
    assert all(row["drop_off_rate"] is row["drop_off_low"] is None for row in warehouse.mart("phase_metrics"))
    kpis = warehouse.mart("kpis")[0]
    nothing = (
        "conversion_rate conversion_low repurchase_rate_to_date return_rate_to_date lifetime_value_to_date bounce_rate"
        " nps open_share repurchase_30d return_365d lifetime_value_90d lifetime_value_90d_low"
    )
    assert {kpis[name] for name in nothing.split()} == {None}


def test_every_phase_has_a_row_for_every_segment_even_without_a_journey(warehouse: Warehouse) -> None:
    assert [(r["segment"], r["phase"], r["reached"]) for r in warehouse.mart("phase_metrics")] == [
        ("all", phase, 0) for phase in PHASES
    ]
    assert [row["journeys"] for row in warehouse.mart("kpis")] == [0]
    warehouse.journey("search@0", segments={"channel": "Email"})
    warehouse.journey("search@0", segments={"channel": "Direct"})
    rows = warehouse.mart("phase_metrics", "channel")
    assert [(r["segment"], r["phase"]) for r in rows] == [(s, p) for s in ("Direct", "Email") for p in PHASES]


def test_time_in_phase_is_over_completed_stays(warehouse: Warehouse) -> None:
    warehouse.journey("display@0 search@100 display@400 search@500")
    warehouse.journey("display@0 search@20")
    row = by(warehouse.mart("phase_metrics"), "phase")["awareness"]
    assert (row["stays"], row["completed_stays"], row["visited"]) == (3, 3, 2)
    assert row["median_dwell_seconds"] == 100
    assert row["mean_dwell_seconds"] == pytest.approx(220 / 3)
    assert row["p90_dwell_seconds"] == pytest.approx(100)
    assert (row["median_active_seconds"], row["p90_active_seconds"]) == (50, pytest.approx(50))
    last = by(warehouse.mart("phase_metrics"), "phase")["interest"]
    assert (last["stays"], last["completed_stays"], last["median_dwell_seconds"]) == (3, 1, 300)


def lengths(warehouse: Warehouse, stays: list[tuple[int, bool]]) -> float | None:
    """The Kaplan-Meier median of stays of so many seconds, moved on from or not."""
    warehouse.connection.execute("DELETE FROM stays; DELETE FROM journey_segments")
    warehouse.connection.execute("INSERT INTO journey_segments VALUES (1, 'all', 'all')")
    listed = [{"n": n, "seconds": seconds, "moved": moved} for n, (seconds, moved) in enumerate(stays, 1)]
    warehouse.connection.execute(
        "INSERT INTO stays BY NAME SELECT 1 AS journey_id, s.n AS stay_number, 'interest' AS phase,"
        " $start::TIMESTAMP AS entered_at, NOT s.moved AS is_censored, 0 AS active_seconds,"
        " CASE WHEN s.moved THEN s.seconds END AS dwell_seconds, $start::TIMESTAMP + to_seconds(s.seconds)"
        " AS watched_until FROM (SELECT unnest($listed) AS s)",
        {"start": START, "listed": listed},
    )
    median: float | None = by(warehouse.mart("phase_metrics"), "phase")["interest"]["km_median_dwell_seconds"]
    return median


def lifelines_median(stays: list[tuple[int, bool]]) -> float | None:
    fitted = KaplanMeierFitter().fit([counted_seconds(seconds) for seconds, _ in stays], [moved for _, moved in stays])
    survival = fitted.survival_function_.iloc[:, 0]
    reached = survival.index[survival <= 0.5 + 1e-12]
    return float(reached[0]) if len(reached) else None


shared = Warehouse()
STAYS = st.lists(st.tuples(st.integers(0, 12), st.booleans()), min_size=1, max_size=300)


@given(STAYS)
@settings(deadline=None, max_examples=60)
def test_the_kaplan_meier_median_is_that_of_lifelines(stays: list[tuple[int, bool]]) -> None:
    assert lengths(shared, stays) == lifelines_median(stays)


@pytest.mark.parametrize("span", [40, 100_000])
def test_the_kaplan_meier_median_of_thousands_is_that_of_lifelines(warehouse: Warehouse, span: int) -> None:
    chance = random.Random(7)
    stays = [(chance.randrange(span), chance.random() < 0.6) for _ in range(3000)]
    assert lengths(warehouse, stays) == lifelines_median(stays)


def test_a_watch_that_goes_on_is_as_long_as_it_is_by_now(warehouse: Warehouse) -> None:
    stays = [(1, True), (2, False), (3, True), (4, False), (5, True)]
    for number, (seconds, moved) in enumerate(stays):
        entered = AS_OF - timedelta(seconds=seconds)
        key = warehouse.journey("", "open", closed=False)
        warehouse.stay(key, number, "interest", entered, AS_OF if moved else None)
    row = by(warehouse.mart("phase_metrics"), "phase")["interest"]
    assert row["stays"] == 5
    assert row["km_median_dwell_seconds"] == lifelines_median(stays) == 5  # 4/5, then 4/5 * 2/3, then 0


def test_a_median_is_the_least_time_at_which_half_are_gone(warehouse: Warehouse) -> None:
    assert lengths(warehouse, [(n, True) for n in range(1, 1001)]) == 500  # S(500) is exactly 0.5
    assert lengths(warehouse, [(1, True), (1, False), (9, False)]) is None  # moves first: S(1) = 2/3
    assert lengths(warehouse, [(0, True), (5, True)]) == 0
    assert lengths(warehouse, [(5, False)]) is None


def test_no_watch_counts_beyond_as_of_or_below_zero(warehouse: Warehouse) -> None:
    late, end = AS_OF + timedelta(days=1), AS_OF - timedelta(seconds=10)
    warehouse.add("journey_segments", journey_id=1, dimension="all", segment="all")
    for number, (entered, left) in enumerate([(end, None), (late, None), (late, None)], 1):
        warehouse.stay(1, number, "interest", entered, left)
    warehouse.connection.execute("UPDATE stays SET watched_until = ?", [AS_OF + timedelta(days=9)])
    warehouse.count()
    assert warehouse.rows("SELECT duration, stays FROM stay_duration_counts ORDER BY ALL") == [
        {"duration": 0, "stays": 2},
        {"duration": 10_000_000, "stays": 1},
    ]
