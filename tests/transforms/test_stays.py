"""Definitions §6: stays, how long they last and where they lead."""

from typing import Any

import polars as pl

from tests.worlds import column, minutes, rebuilt


def stays(line: str, **choices: Any) -> pl.DataFrame:
    """The stays of one person, journey by journey."""
    return rebuilt(line, **choices).stays


def test_a_stay_is_a_longest_run_in_one_phase() -> None:
    found = stays("ana: read@0 landing@1 view_item@2 view_item@60 read@61 purchase@62 help@63")
    assert column(found, "phase") == ["see", "want", "see", "buy", "keep"]
    assert column(found, "stay_number") == [1, 2, 3, 4, 5]
    assert column(found, "touchpoint_count") == [1, 2, 1, 1, 1]
    assert minutes(column(found, "entered_at")) == [0, 2, 61, 62, 63]


def test_dwell_lasts_until_the_next_phase_absences_included() -> None:
    found = stays("ana: read@0 view_item@2 purchase@62 help@63", days=1)
    assert column(found, "dwell_seconds") == [120, 3600, 60, None]
    assert minutes(column(found, "left_at")[:-1]) == [2, 62, 63]
    assert column(found, "left_at")[-1] is None


def test_active_time_is_that_to_a_next_touchpoint_in_the_same_session() -> None:
    found = stays("ana: read@0 read@60 page_view@61 view_item@63 read@100")
    assert column(found, "phase") == ["see", "want", "see"]
    assert column(found, "active_seconds") == [180, 0, 0]
    assert column(found, "dwell_seconds") == [3780, 2220, None]


def test_active_time_follows_the_journeys_next_touchpoint_whichever_device_it_is_on() -> None:
    histories = rebuilt("a: read@0[user=eve] view_item@20", "b: read@10[user=eve]")
    assert column(histories.touchpoints, "seconds_to_next") == [600, 600, None]
    assert column(histories.stays, "active_seconds") == [0, 0]


def test_a_stay_never_goes_over_from_one_journey_to_the_next() -> None:
    found = rebuilt("ana: read@0 read@31d", "bo: read@0")
    assert column(found.stays, "stay_number") == [1, 1, 1]
    assert column(found.touchpoints, "seconds_to_next") == [None, None, None]


def test_the_last_stay_is_censored_at_the_start_of_the_next_journey() -> None:
    found = stays("ana: purchase@0 scroll@10 read@60")
    assert column(found, "phase") == ["buy", "keep", "see"]
    assert column(found, "is_censored") == [True, False, True]
    assert minutes(column(found, "watched_until"))[0] == 60
    assert column(found, "next_state") == ["(end)", "see", "(drop-off)"]


def test_or_at_as_of() -> None:
    (stay,) = stays("ana: read@0 scroll@20", days=1).to_dicts()
    assert minutes([stay["watched_until"]]) == [1440]
    assert (stay["next_state"], stay["is_censored"], stay["dwell_seconds"]) == ("(open)", True, None)


def test_or_a_window_after_the_journeys_last_event_whichever_comes_first() -> None:
    (stay,) = stays("ana: read@0 scroll@20").to_dicts()
    assert minutes([stay["watched_until"]]) == [20 + 30 * 1440]
    assert stay["next_state"] == "(drop-off)"
    (stay,) = stays("ana: read@0", days=30).to_dicts()
    assert (minutes([stay["watched_until"]]), stay["next_state"]) == ([30 * 1440], "(open)")


def test_a_later_journey_without_touchpoint_ends_the_watch_too() -> None:
    (stay,) = stays("ana: read@0 scroll@31d", days=31.5).to_dicts()
    assert minutes([stay["watched_until"]]) == [30 * 1440]
    assert stay["next_state"] == "(drop-off)"


def test_after_a_purchase_the_last_stay_ends_or_is_open() -> None:
    assert column(stays("ana: read@0 purchase@1 help@2"), "next_state") == ["buy", "keep", "(end)"]
    assert column(stays("ana: read@0 purchase@1 help@2", days=3), "next_state") == ["buy", "keep", "(open)"]


def test_no_duration_is_counted_beyond_as_of_nor_below_zero() -> None:
    found = stays("ana: read@0.9d view_item@0.91d read@1.5d view_item@1.6d", days=1)
    assert [round(seconds or 0) for seconds in column(found, "dwell_seconds")] == [864, 7776, 0, 0]
    assert [round(seconds) for seconds in column(found, "active_seconds")] == [864, 0, 0, 0]
    found = stays("ana: read@2d view_item@2.001d help@2.002d", days=1)
    assert column(found, "dwell_seconds") == [0, 0, None]
    assert column(found, "active_seconds") == [0, 0, 0]
