"""Sections 6 and 7 of definitions.md, worked by hand."""

from datetime import timedelta

import pytest

from tests.reference.cases import LIFE, world
from tests.reference.figures import figures
from tests.reference.statistics import kaplan_meier_median, quantile, student, wilson

WINDOW = timedelta(days=10)
WORLD = (
    "ann: read@0[device=mobile] view_item@10 begin_checkout@20 purchase@30[tid=1,revenue=100] help@40",
    "bob: read@0[device=desktop] view_item@30",
    "cat: view_item@0",
    "dan: read@99d[device=desktop]",
    "eve: help@0",
    "fay: purchase@0[revenue=50] help@60 purchase@50d[tid=3,revenue=25] refund@50.0001d[tid=3,refund=5]",
)


@pytest.fixture(scope="module")
def found():
    return figures(world(*WORLD, journey_window=WINDOW), LIFE)


def pick(rows, *names, **where):
    return [tuple(row[name] for name in names) for row in rows if all(row[k] == v for k, v in where.items())]


def test_reached_is_progressed_dropped_off_still_open_and_stopped(found):
    names = ("phase", "reached", "progressed", "dropped_off", "still_open", "stopped")
    assert pick(found["phase_metrics"], *names, dimension="all") == [
        ("see", 6, 5, 0, 1, 0),
        ("want", 5, 3, 2, 0, 0),
        ("buy", 3, 2, 0, 0, 1),
        ("keep", 2, 0, 0, 0, 2),
    ]
    for row in found["phase_metrics"]:
        assert row["reached"] == sum(row[k] for k in ("progressed", "dropped_off", "still_open", "stopped"))


def test_visited_and_entered_here_look_at_touchpoints_alone(found):
    assert pick(found["phase_metrics"], "visited", "entered_here", dimension="all") == [
        (3, 3),
        (3, 1),
        (3, 1),
        (4, 2),
    ]


def test_drop_off_is_over_mature_journeys_and_null_after_the_purchase(found):
    names = ("mature_reached", "mature_dropped_off", "mature_still_open", "drop_off_rate")
    assert pick(found["phase_metrics"], *names, dimension="all") == [
        (5, 0, 0, 0.0), (5, 2, 0, 0.4), (3, 0, 0, 0.0), (2, 0, 0, None)
    ]  # fmt: skip


def test_time_in_phase_over_completed_stays_and_with_the_censored(found):
    names = ("stays", "completed_stays", "median_dwell_seconds", "km_median_dwell_seconds")
    assert pick(found["phase_metrics"], *names, dimension="all", phase="see") == [(3, 2, 1200.0, 1800)]
    assert pick(found["phase_metrics"], *names, dimension="all", phase="want") == [(3, 1, 600.0, None)]


def test_transitions_by_phase(found):
    names = ("from_state", "to_state", "transition_count", "probability", "median_seconds")
    rows = pick(found["transitions"], *names, dimension="all", level="phase", part="to_purchase")
    assert rows == [
        ("(start)", "buy", 1, 1 / 7, None),
        ("(start)", "keep", 2, 2 / 7, None),
        ("(start)", "see", 3, 3 / 7, None),
        ("(start)", "want", 1, 1 / 7, None),
        ("buy", "(converted)", 3, 1.0, None),
        ("keep", "(drop-off)", 1, 0.5, None),
        ("keep", "buy", 1, 0.5, 0.0),
        ("see", "(open)", 1, 1 / 3, None),
        ("see", "want", 2, 2 / 3, 1200.0),
        ("want", "(drop-off)", 2, 2 / 3, None),
        ("want", "buy", 1, 1 / 3, 600.0),
    ]
    rows = pick(found["transitions"], *names[:3], dimension="all", level="phase", part="after_purchase")
    assert rows == [("(converted)", "(end)", 1), ("(converted)", "keep", 2), ("keep", "(end)", 2)]


def test_transitions_by_touchpoint_count_every_pair(found):
    rows = pick(found["transitions"], "from_state", "to_state", "transition_count", "median_seconds",
                dimension="device_category", segment="mobile", level="touchpoint")  # fmt: skip
    assert rows == [
        ("(converted)", "help", 1, None),
        ("help", "(end)", 1, None),
        ("(start)", "read", 1, None),
        ("checkout", "purchase", 1, 600.0),
        ("purchase", "(converted)", 1, None),
        ("read", "view", 1, 600.0),
        ("view", "checkout", 1, 600.0),
    ]


def test_every_state_gives_as_many_as_it_takes_and_its_probabilities_sum_to_one(found):
    rows = found["transitions"]
    for row in rows:
        where = {name: row[name] for name in ("part", "level", "dimension", "segment")}
        assert sum(p for (p,) in pick(rows, "probability", from_state=row["from_state"], **where)) == pytest.approx(1)
        if not row["from_state"].startswith("("):
            out = sum(n for (n,) in pick(rows, "transition_count", from_state=row["from_state"], **where))
            assert out == sum(n for (n,) in pick(rows, "transition_count", to_state=row["from_state"], **where))


def test_kpis(found):
    (row,) = [row for row in found["kpis"] if row["dimension"] == "all"]
    assert (row["journeys"], row["converted"], row["dropped_off"], row["still_open"]) == (7, 3, 3, 1)
    assert (row["mature_journeys"], row["conversion_rate"], row["open_share"]) == (6, 0.5, 0.0)
    assert (row["conversion_low"], row["conversion_high"]) == wilson(3, 6)
    assert (row["purchasers"], row["revenue"], row["lifetime_value_to_date"]) == (2, 170.0, 85.0)
    assert (row["repurchase_rate_to_date"], row["return_rate_to_date"]) == (0.5, 0.5)
    assert (row["median_touchpoints_before_purchase"], row["median_seconds_to_purchase"]) == (1, 0.0)


def test_persons_count_in_each_segment_that_one_of_their_journeys_falls_in(found):
    rows = pick(found["kpis"], "segment", "journeys", "purchasers", "repurchase_rate_to_date", dimension="customer")
    assert rows == [("customer", 1, 1, 1.0), ("prospect", 6, 2, 0.5)]


def test_a_curve_of_repurchase_by_hand():
    # Half of four buy again after thirty days or later the same day, one is watched for forty, one for ninety-one.
    worth = "[revenue=6]"
    lines = (f"a: purchase@0{worth} purchase@30d{worth}", f"b: purchase@0{worth} purchase@30.002d[revenue=4]")
    tables = world(*lines, f"c: purchase@51d{worth}", f"d: purchase@0{worth}", days=91)
    found = figures(tables, LIFE)
    steps = pick(found["repurchase_curves"], "seconds", "at_risk", "happened", "watch_ends", "surviving",
                 dimension="all", kind="repurchase")  # fmt: skip
    assert steps == [(0, 4, 0, 0, 1), (2_590_000, 4, 2, 1, 0.5), (7_860_000, 1, 0, 1, 0.5)]
    names = ("repurchase_30d", "repurchase_90d", "repurchase_365d", "lifetime_value_30d", "lifetime_value_30d_low")
    assert pick(found["kpis"], *names, dimension="all") == [(0.5, 0.5, None, 7.5, None)]


def test_lifetime_value_has_an_interval_from_ten_persons_on():
    lines = [f"p{worth}: purchase@0[revenue={worth}]" for worth in (*range(10, 100, 10), 150)]
    (row,) = pick(figures(world(*lines), LIFE)["kpis"], "lifetime_value_30d", "lifetime_value_30d_low", dimension="all")
    assert row == pytest.approx((60, 60 - 2.2622 * (15_000 / 90) ** 0.5), abs=1e-3)


def test_the_distribution_of_touchpoints_before_the_purchase(found):
    names = ("touchpoint_count", "journeys", "share", "cumulative_share")
    assert pick(found["touchpoints_before_purchase"], *names, dimension="all") == [
        (0, 1, 1 / 3, 1 / 3), (1, 1, 1 / 3, 2 / 3), (3, 1, 1 / 3, 1.0)
    ]  # fmt: skip


def test_no_rate_where_no_journey_is_mature():
    rows = figures(world("a: read@0 purchase@1", days=5), LIFE)
    assert pick(rows["kpis"], "mature_journeys", "conversion_rate", "conversion_low", dimension="all") == [
        (0, None, None)
    ]
    assert {row["drop_off_rate"] for row in rows["phase_metrics"]} == {None}


def test_two_cuts_agree_where_one_session_holds_one_id_that_no_other_holds():
    line = "a: read@0[ga=1] read@1 read@60[ga=2] read@61[ga=3] read@120[ga=4] read@180[ga=4]"
    quality = figures(world(line), LIFE)["quality"]
    assert pick(quality, "value", name="ga_session_id_agreement") == [(2 / 6,)]


def test_quantiles_interpolate_linearly():
    assert (quantile([1, 2, 3, 4], 0.5), quantile([10, 20], 0.9), quantile([], 0.5)) == (2.5, 19.0, None)


def test_wilson_of_the_textbook():
    # Newcombe 1998, Statistics in Medicine 17, table I: 81 of 263, method 3.
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(0, 20)[0] == 0.0
    assert wilson(0, 0) == (None, None)


def test_student_of_the_tables():
    assert [student(freedom) for freedom in (9, 20, 120)] == pytest.approx([2.262157, 2.085963, 1.979930], abs=1e-4)


def test_kaplan_meier_of_freireich():
    # Freireich et al. 1963, 6-MP in leukaemia: median remission 23 weeks on the drug, 8 on placebo.
    drug = [6, 6, 6, 7, 10, 13, 16, 22, 23], [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
    placebo = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]
    assert (kaplan_meier_median(*drug), kaplan_meier_median(placebo, [])) == (23, 8)


def test_kaplan_meier_at_an_exact_half_and_at_ties():
    assert kaplan_meier_median([1, 2], []) == 1
    assert kaplan_meier_median([5], [5]) == 5
    assert kaplan_meier_median([5], [4, 6]) == 5
    assert kaplan_meier_median([5], [6, 7]) is None
    assert kaplan_meier_median([], [1]) is None
