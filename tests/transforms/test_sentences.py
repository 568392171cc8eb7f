"""What the sentences say is what the tables hold, and they do not say more."""

from dataclasses import replace

import polars as pl

from tests.marts_by_hand import FACTS, empty_marts, frame, marts
from transforms.sentences import (
    answer_sentences,
    dwell_sentence,
    funnel_sentence,
    immature_note,
    sankey_sentence,
    touchpoints_sentence,
    worst_leak,
)
from transforms.wording import NBSP, words_in

EN = words_in("en")


def said(text):
    return text.replace(NBSP, " ")


def answer(facts=FACTS, tables=None, **choices):
    return [said(part) for part in answer_sentences(tables or marts(**choices), facts, EN)]


def test_the_answer_comes_first_with_its_interval():
    assert answer()[0] == "2.3 % of journeys end in a purchase (95 % interval 2.0–2.7 %)."


def test_the_answer_names_leak_purchase_period_and_what_is_open():
    assert answer()[1:] == [
        "The worst leak is Evaluation: 73 % of the journeys that get there and are decided go no further "
        "(95 % interval 70–75 %), 855 journeys in all.",
        "Those who buy have a median of 7 touchpoints before the purchase and take 3.2 days.",
        "The period is 1 January – 28 February 2026; as of its end, 8,120 of 10,240 journeys had been "
        "watched for a whole journey window of 30 days, and 1,228 (12 %) were still open.",
    ]


def test_without_mature_journeys_the_answer_says_why_and_which_window_would_do():
    assert answer(is_mature=False)[:2] == [
        "No journey has been watched for a whole journey window of 30 days yet: rates need mature journeys. "
        "A window of 15 days would give them.",
        "So far 231 of 10,240 journeys bought.",
    ]


def test_without_mature_journeys_no_rate_is_said():
    shown = " ".join(answer(is_mature=False))
    assert "interval" not in shown
    assert "end in a purchase" not in shown


def test_an_unknown_window_is_not_promised():
    assert answer(is_mature=False, mature_window=None)[0].endswith("rates need mature journeys.")
    missing = frame("quality", [])
    assert immature_note(missing, None, EN) == (
        "No journey has been watched for a whole journey window yet: rates need mature journeys."
    )


def test_where_every_mature_journey_is_open_there_is_no_rate_yet():
    tables = marts()
    tables["kpis"] = tables["kpis"].with_columns(conversion_rate=pl.lit(None, pl.Float64))
    assert answer(tables=tables)[0].startswith("Every mature journey is still open")


def test_where_nobody_bought_the_answer_says_so():
    shown = answer(has_purchases=False)
    assert shown[0].startswith("0 % of journeys end in a purchase (95 % interval 0.0")
    assert "Nobody has bought yet." in shown


def test_without_journeys_there_is_one_sentence():
    assert len(answer(tables=empty_marts())) == 1


def test_without_days_no_period_is_said():
    assert not any("period" in part for part in answer(facts=replace(FACTS, first_day=None, last_day=None)))


def test_the_worst_leak_is_that_which_is_surely_worst_not_the_rarest():
    few = {"phase": "few", "drop_off_rate": 1.0, "drop_off_low": 0.21}
    many = {"phase": "many", "drop_off_rate": 0.6, "drop_off_low": 0.58}
    assert worst_leak([few, many]) is many


def test_no_leak_where_nobody_dropped_off():
    assert worst_leak([{"drop_off_rate": 0.0, "drop_off_low": 0.0}, {"drop_off_rate": None}]) is None


def test_the_funnel_says_how_far_journeys_get():
    tables = marts()
    assert said(funnel_sentence(tables["phase_metrics"], tables["lifecycle"], EN)) == (
        "10,240 journeys reached Awareness, and 402 got as far as Conversion. Drop-off is highest in "
        "Evaluation, at 73 % (95 % interval 70–75 %)."
    )


def test_time_in_phase_names_the_biased_median_as_biased():
    tables = marts()
    shown = said(dwell_sentence(tables["phase_metrics"], tables["lifecycle"], EN))
    assert "Journeys stay longest in Conversion: half have moved on after 9 days" in shown
    assert "completed stays alone, 1 day, is too short" in shown
    assert "fewer than half moved on from Evaluation" in shown
    assert "Retention" not in shown


def test_touchpoints_are_said_with_the_count_by_which_nine_in_ten_had_bought():
    tables = marts()
    assert said(touchpoints_sentence(tables["touchpoints_before_purchase"], tables["kpis"], EN)) == (
        "A purchase takes a median of 7 touchpoints; 91 % of the 231 purchases came after at most 13."
    )


def test_moves_are_said_as_forward_and_back():
    tables = marts()
    assert said(sankey_sentence(tables["transitions"], tables["lifecycle"], EN)) == (
        "Of 15,253 moves between phases up to the purchase, 85 % go forward and 15 % go back. "
        "The commonest way back is from Desire to Interest (682)."
    )


def test_empty_tables_are_said_to_be_empty():
    tables = empty_marts()
    phases = tables["phase_metrics"], tables["lifecycle"], EN
    assert "yet" in funnel_sentence(*phases)
    assert "yet" in dwell_sentence(*phases)
    assert "yet" in touchpoints_sentence(tables["touchpoints_before_purchase"], tables["kpis"], EN)
    assert "yet" in sankey_sentence(tables["transitions"], tables["lifecycle"], EN)
