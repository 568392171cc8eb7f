"""What the sentences say is what the tables hold, and they do not say more."""

from dataclasses import replace
from datetime import date

import polars as pl
import pytest

from tests.marts_by_hand import FACTS, empty_marts, frame, marts, report_of
from transforms.sentences import (
    channels_sentence,
    dwell_sentence,
    first_lever,
    funnel_sentence,
    immature_note,
    sankey_sentence,
    touchpoints_sentence,
)
from transforms.wording import NBSP, words_in

EN = words_in("en")


def said(text):
    return text.replace(NBSP, " ")


def answer(facts=FACTS, tables=None, **choices):
    return [said(part) for part in report_of(tables or marts(**choices), facts).answer]


def test_the_answer_comes_first_with_its_interval():
    assert answer()[0] == "2.3 % of journeys end in a purchase (95 % interval 2.0–2.7 %)."


def test_the_answer_names_lever_worth_change_period_and_what_may_still_change():
    assert answer()[1:] == [
        "Most is to be won in Interest: 400 journeys ended there. If a tenth fewer had, there would be about 30 "
        "more purchases (95 % interval 15–45). That would be worth about 3,000.",
        "The week 16–22 February 2026 brought 35 purchases, against 34 the week before (+3 %); revenue 0 %.",
        "The period is 1 January – 28 February 2026; as of its end, 8,120 of 10,240 journeys had been "
        "watched for a whole journey window of 30 days, and 1,228 (12 %) were still open.",
        "25–28 February 2026 may still change.",
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


def test_of_phases_that_would_bring_the_same_the_one_that_most_left_leads_and_none_where_nobody_left():
    row = {"dimension": "all", "level": "phase", "extra_purchases": 0.0}
    rows = [row | {"state": state, "left_here": left} for state, left in (("a", 3), ("b", 9), ("c", 9))]
    titles = {"c": "C", "a": "A", "b": "B"}
    assert first_lever(pl.DataFrame(rows), titles)["title"] == "C"
    assert first_lever(pl.DataFrame(rows).with_columns(left_here=0), titles) is None


def test_the_funnel_says_how_far_journeys_get():
    tables = marts()
    funnel = "phase_metrics", "lifecycle", "kpis", "levers"
    told = (
        "10,240 journeys reached Awareness, and 402 got as far as Conversion. Most is to be won in "
        "Interest, where 46 % drop off (95 % interval 45–47 %)."
    )
    assert said(funnel_sentence(*(tables[name] for name in funnel), EN)) == told
    for more, are in ((1, "is"), (7, "are")):
        is_all = pl.col("dimension") == "all"
        journeys = pl.when(is_all).then(10_240 + more).otherwise("journeys")
        tables["kpis"] = marts()["kpis"].with_columns(journeys=journeys)
        counted = f"{more} journey{'s' if more > 1 else ''}"
        assert said(funnel_sentence(*(tables[name] for name in funnel), EN)) == (
            f"{told} Besides, {counted} had only contacts that belong after a purchase, and {are} in no phase."
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
    assert "yet" in funnel_sentence(*(tables[n] for n in ("phase_metrics", "lifecycle", "kpis", "levers")), EN)
    assert "yet" in dwell_sentence(*phases)
    assert "yet" in touchpoints_sentence(tables["touchpoints_before_purchase"], tables["kpis"], EN)
    assert "yet" in sankey_sentence(tables["transitions"], tables["lifecycle"], EN)


def section(name, tables=None, facts=FACTS, **choices):
    report = report_of(tables or marts(**choices), facts)
    return said(next(section.sentence for section in report.sections if section.id == name))


def test_segments_are_named_only_where_they_differ_beyond_chance():
    assert section("segments") == (
        "More of these convert than of all others, beyond chance: mobile. "
        "Fewer of these convert than of all others, beyond chance: have not bought before. "
        "70 % of the sessions and 20 % of the purchases are on mobile."
    )
    tables = marts()
    tables["comparisons"] = tables["comparisons"].with_columns(is_significant=pl.lit(False))
    tables["sessions"] = tables["sessions"].with_columns(device_category=pl.lit(None, pl.String))
    assert section("segments", tables) == "No segment converts otherwise than all others beyond chance."
    assert "No channel differs from all others beyond chance. The channel is" in section("channels", tables)


def test_the_channel_furthest_over_the_others_is_named_with_its_phase():
    assert section("channels").endswith(
        "Furthest over the others: Direct in Conversion, by 5 points. The channel is the one that the journey began"
        " with. Of the contacts in Conversion, 46 % came by another channel."
    )


def test_few_journeys_and_those_of_no_known_channel_are_not_named_before_others():
    rows = [("Email", 0.35, 0.02), ("Display", 0.1, 0.08), ("Unassigned", 0.4, 0.2), ("(not set)", 0.4, 0.3)]
    channels = pl.DataFrame(
        [
            {"channel": name, "phase": "desire", "drop_off_rate": 0.5, "difference": over, "difference_low": low}
            for name, over, low in rows
        ]
    ).with_columns(is_significant=True)
    titles = {"desire": "Desire"}
    assert "Display in Desire, by 10 points" in said(channels_sentence(channels, titles, EN))
    unknown = channels.filter(pl.col("channel") == "Unassigned")
    assert "Unassigned in Desire, by 40 points" in said(channels_sentence(unknown, titles, EN))


def test_the_section_of_levers_names_the_one_that_the_answer_names_and_forbids_to_add_them_up():
    told = section("levers")
    assert told.startswith(answer()[1])
    assert told.endswith("Each place is reckoned alone: the figures cannot be added up.")
    assert section("levers", is_mature=False).startswith("What could be won cannot be told yet")


def test_the_page_that_loses_the_most_above_the_average_is_named_and_how_many_are_not_shown():
    assert section("pages") == (
        "/p/0 is left without a purchase by 44 % (35–55 %) of the sessions that see it close to one. "
        "Shown are 12 of 14 pages, those with the most such exits above the average first."
    )


def test_a_period_is_compared_with_the_one_before_it():
    shown = section("changes", facts=replace(FACTS, rhythm="monthly"))
    assert shown.startswith("The month 1–28 February 2026 brought 140 purchases, against 155 the month before (−10 %)")
    first_week = marts()
    first_week["day_figures"] = first_week["day_figures"].filter(pl.col("day") >= pl.date(2026, 2, 10))
    assert section("changes", first_week).startswith("There are not two whole weeks yet")


@pytest.mark.parametrize(
    ("rhythm", "missing", "said"),
    [
        ("weekly", [date(2026, 2, 18)],
         "18 February 2026 is missing, so 16–22 February 2026 cannot be compared. The week 9–15 February 2026 brought"),
        ("weekly", [date(2026, 2, 10), date(2026, 2, 11)],
         "10–11 February 2026 are missing, so 9–22 February 2026 cannot be compared. The week 2–8 February 2026"),
        ("weekly", [date(2026, 2, 25)], "The week 16–22 February 2026 brought"),
        ("daily", [date(2026, 2, 27)],
         "27 February 2026 is missing, so 27–28 February 2026 cannot be compared. 26 February 2026 brought"),
        ("monthly", [date(2026, 1, 20)],
         "20 January 2026 is missing, so there are no two whole periods in a row that could be compared."),
        ("monthly", [date(2026, 1, 2 * number) for number in range(1, 7)],
         "2 January 2026, 4 January 2026, 6 January 2026 and 3 more are missing, so there are no two whole periods"),
    ],
)  # fmt: skip
def test_a_missing_day_is_named_and_the_last_two_whole_periods_in_a_row_are_compared(rhythm, missing, said):
    assert section("changes", without(missing), gaps(missing, rhythm=rhythm)).startswith(said)


def test_rates_are_told_of_the_last_two_whole_periods_in_a_row():
    missing = [date(2026, 1, 20)]
    assert (
        "20 January 2026 is missing, so 19–25 January 2026 cannot be compared. Of the journeys that began 12–18 January"
        in section("changes", without(missing), gaps(missing))
    )
    apart = [date(2026, 1, 7), date(2026, 1, 15)]
    assert "7 January 2026 and 15 January 2026 are missing, so there are no two whole periods" in section(
        "changes", without(apart), gaps(apart)
    )


def without(missing):
    tables = marts()
    return tables | {name: tables[name].filter(~pl.col("day").is_in(missing)) for name in ("day_figures", "cohorts")}


def gaps(missing, **more):
    return replace(FACTS, missing_days=tuple(missing), **more)


def test_rates_of_two_periods_differ_beyond_chance_where_their_intervals_do_not_touch():
    assert "26 % (21–32 %) ended in a purchase, against 26 % (21–32 %) in the period before: that may be chance" in (
        section("changes")
    )
    tables = marts()
    later = pl.col("day") >= pl.date(2026, 1, 19)
    tables["cohorts"] = tables["cohorts"].with_columns(mature_converted=pl.when(later).then(25).otherwise(9))
    assert "50 % (45–55 %) ended in a purchase, against 26 % (21–32 %) in the period before: a difference" in (
        section("changes", tables)
    )


def test_days_that_were_told_otherwise_are_counted():
    assert section("changes").endswith("1 day shown here was told otherwise before; the last table says how.")


def test_a_day_after_entering_most_are_still_in_the_phase_that_is_named():
    tables = marts()
    late = (pl.col("phase") == "desire") & (pl.col("seconds") == 7200)
    surviving = pl.when(late).then(0.75).otherwise(pl.col("surviving"))
    tables["dwell_curves"] = tables["dwell_curves"].with_columns(surviving=surviving)
    assert section("curves", tables).startswith("A day after entering, most are still in Desire: 75 % (45–55 %).")
