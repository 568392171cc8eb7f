"""Answers, segments beside all others, curves, and what is told by the session's own channel, worked by hand."""

from datetime import timedelta

import pytest

from tests.reference.cases import LIFE, world
from tests.reference.comparisons import chance_of, comparison_rows, own_phases, with_holm
from tests.reference.curves import curve_of
from tests.reference.figures import figures
from tests.reference.sentiment import measures


def pick(rows, *names, **where):
    return [tuple(row[name] for name in names) for row in rows if all(row[k] == v for k, v in where.items())]


def test_an_answer_belongs_to_the_contact_before_it_and_off_its_scale_to_nothing():
    rows = figures(
        world(
            "a: survey_answer@0[score=9] read@1 survey_answer@2[score=7] survey_answer@3[score=11]",
            "b: view_item@0 survey_answer@1[score=0,survey=csat] survey_answer@2[score=5,survey=csat]",
            ": survey_answer@0[score=3]",
        ),
        LIFE,
    )["sentiment"]
    names = ("state", "scale", "answers", "is_withheld")
    assert pick(rows, *names, dimension="all", level="touchpoint") == [
        ("(none)", "nps", 2, True), ("read", "nps", 1, True), ("view", "csat", 1, True),
    ]  # fmt: skip


def test_ten_answers_have_a_mean_and_a_score_with_intervals():
    told = measures([10.0] * 5 + [8.0] * 3 + [2.0] * 2, "nps")
    assert (told["mean_score"], told["nps"], told["mean_high"]) == (7.8, 0.3, 10)
    # Squares of 2.2, 0.2 and 5.8 off the mean sum to 91.6, and t is 2.2622.
    assert told["mean_low"] == pytest.approx(7.8 - 2.2622 * (91.6 / 9 / 10) ** 0.5, abs=1e-3)
    # Of 13 then 5.75 are promoters and 2.75 detractors: (8.5 / 13 - (3 / 13)^2) / 13 is 0.0462.
    assert told["nps_low"] == pytest.approx(3 / 13 - 1.96 * 0.0462**0.5, abs=1e-3)


def test_the_lady_tasting_tea_and_counts_that_cannot_tell():
    assert chance_of(3, 4, 1, 4) == pytest.approx(34 / 70)
    assert chance_of(1, 1, 1, 20) is None  # two of 21: the rarest outcome has a chance of 2 / 21
    assert chance_of(30, 100, 50, 100) == pytest.approx(0.003892, abs=1e-6)  # z = 2.8868


def test_holm_multiplies_the_least_by_all_the_next_by_one_fewer():
    rows = with_holm([{"p_value": 0.04}, {"p_value": None}, {"p_value": 0.01}])
    assert pick(rows, "adjusted_p_value", "is_significant") == [(0.04, True), (None, False), (0.02, True)]


def test_a_channel_that_is_a_contact_itself_is_compared_only_after_its_phase():
    assert own_phases(["Display", "Direct"], LIFE) == {"Display": 0}
    journey = {"person_id": "d:x", "is_mature": True, "outcome": "dropped_off", "furthest_phase": "want"}
    ways = [("Display", "want"), ("Direct", "see"), ("Direct", "want"), ("Email", "want")]
    every = [
        journey | {"journey_number": n, "channel": channel, "furthest_phase": far}
        for n, (channel, far) in enumerate(ways)
    ]
    cut = [("channel", name, [j for j in every if j["channel"] == name]) for name in ("Direct", "Display", "Email")]
    rows = comparison_rows([("all", "all", every), *cut], LIFE)
    names = ("segment", "phase", "decided", "happened", "other_decided", "other_happened")
    assert pick(rows, *names, figure="drop_off_rate") == [
        ("Direct", "see", 2, 1, 1, 0), ("Direct", "want", 1, 1, 2, 2), ("Display", "want", 1, 1, 2, 2),
        ("Email", "see", 1, 0, 2, 1), ("Email", "want", 1, 1, 2, 2),
    ]  # fmt: skip


def test_a_curve_steps_where_somebody_moves_and_ends_where_the_last_watch_does():
    left = [{"is_censored": False, "dwell_seconds": seconds} for seconds in (1.0, 1.0, 100.0)]
    watched = [{"is_censored": True, "watched_seconds": seconds} for seconds in (2.0, 500.0)]
    rows = pick(curve_of([*left, *watched]), "at_risk", "moved", "watch_ends", "surviving")
    assert rows == [(5, 0, 0, 1), (5, 2, 1, 0.6), (2, 1, 0, 0.3), (1, 0, 1, 0.3)]


def test_contacts_and_purchases_are_told_by_their_own_session():
    tables = figures(
        world(
            "a: read@0[device=mobile,user=u]",
            "b: view_item@100[device=desktop,user=u] purchase@101[revenue=9]",
            journey_window=timedelta(days=10),
        ),
        LIFE,
    )
    names = ("phase", "value", "contacts", "journeys", "share", "contacts_as_first")
    assert pick(tables["contacts_by"], *names, dimension="device_category") == [
        ("see", "mobile", 1, 1, 1, 1), ("want", "desktop", 1, 1, 1, 0), ("buy", "desktop", 1, 1, 1, 0),
    ]  # fmt: skip
    assert pick(tables["handovers"], "first", "buying", "purchases", "revenue", dimension="device_category") == [
        ("mobile", "desktop", 1, 9)
    ]


def test_a_journey_is_in_each_persona_that_holds_for_it_or_in_none():
    tables = figures(world("a: read@0[device=mobile] purchase@1", "b: read@0"), LIFE, ["phones", "keen"])
    rows = pick(tables["journey_segments"], "person_id", "segment", dimension="persona")
    assert rows == [("d:b", "(none)"), ("d:a", "keen"), ("d:a", "phones")]
    assert pick(tables["kpis"], "segment", "converted", dimension="persona") == [
        ("(none)", 0), ("keen", 1), ("phones", 1)
    ]  # fmt: skip


def test_the_map_tells_of_a_phase_what_the_tables_do():
    tables = figures(
        world(
            "a: read@0[source=x] view_item@1 purchase@2[revenue=9]",
            "b: view_item@0[source=y] view_item@60 help@61",
            "c: read@0 view_item@1",
            "d: read@0 help@1",
        ),
        LIFE,
    )
    metrics = ("touchpoint", "contacts", "journeys", "decided", "converted", "purchase_share")
    assert pick(tables["touchpoint_metrics"], *metrics, dimension="all", phase="want") == [("view", 4, 3, 3, 1, 1 / 3)]
    leaks = ("phase", "touchpoint", "dropped_off", "cumulative_share")
    assert pick(tables["leaks"], *leaks, dimension="all") == [
        ("see", "help", 1, 1 / 3), ("want", "help", 1, 2 / 3), ("want", "view", 1, 1.0)
    ]  # fmt: skip
    # An hour later is another session, which came from nowhere.
    names = ("aspect", "rank", "item", "value")
    told = pick(tables["journey_map"], *names, dimension="all", phase="want")
    assert [row for row in told if row[0] in ("contacts", "channels")] == [
        ("contacts", 1, "view", 1), ("channels", 1, "Direct", 0.5), ("channels", 2, "Unassigned", 0.5)
    ]  # fmt: skip
    assert [row[2:] for row in told if row[0] == "flow"] == [
        ("reached", 3), ("progressed", 1), ("stopped", 0), ("still_open", 0), ("dropped_off", 2),
        ("drop_off_rate", 2 / 3),
    ]  # fmt: skip
