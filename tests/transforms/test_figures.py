"""What the figures show is what the tables hold."""

import itertools

import polars as pl
import pytest

from tests.marts_by_hand import BOUGHT, COUNTS, empty_marts, marts
from transforms.figures import dwell_figure, funnel_figure, sankey_figure, touchpoints_figure
from transforms.figures.links import Link, merged, phase_links
from transforms.figures.look import DARK, LIGHT, RECOLOUR
from transforms.figures.touchpoints import touchpoint_bins
from transforms.wording import words_in

EN = words_in("en")

EVIL = "<b>Buy</b><a href='https://evil.example'>x</a>"


def funnel(**choices):
    tables = marts(**choices)
    return funnel_figure(tables["phase_metrics"], tables["lifecycle"], EN)


def texts(figure):
    return [note.text.replace("\u00a0", " ") for note in figure.layout.annotations]


def luminance(colour):
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_the_parts_of_a_bar_add_up_to_the_journeys_that_reached_the_phase():
    bars = [bar.x for bar in funnel().data]
    assert [sum(parts) for parts in zip(*bars, strict=True)] == [counts[0] for counts in COUNTS]


def test_the_funnel_draws_all_journeys_and_leaves_segments_out():
    assert {len(bar.x) for bar in funnel().data} == {6}


def test_a_drop_off_rate_stands_with_its_interval():
    assert "<b>73 %</b> drop off (70–75 %) · 14 % still open" in texts(funnel())


def test_without_mature_journeys_no_rate_is_shown():
    shown = " ".join(texts(funnel(is_mature=False)))
    assert "drop off (" not in shown
    assert "no drop-off rate yet" in shown


def test_a_phase_after_the_purchase_has_no_drop_off_rate():
    assert "after the purchase: no drop-off rate" in texts(funnel())


def test_phases_with_the_same_title_stay_apart():
    assert list(funnel(titles=["Same"] * 6).data[0].y) == [0, -1, -2, -3, -4, -5]


def test_dwell_shows_both_medians_and_says_where_there_is_none():
    tables = marts()
    figure = dwell_figure(tables["phase_metrics"], tables["lifecycle"], EN)
    completed, km = (trace for trace in figure.data if trace.name)
    assert (completed.x[2], km.x[2]) == (9900.0, 466560.0)
    assert km.x[3] is None
    assert "960 of 2,190 completed · no Kaplan–Meier median" in texts(figure)


def test_a_dwell_of_nothing_stands_on_the_logarithmic_axis_and_is_called_nothing():
    tables = marts()
    metrics = tables["phase_metrics"].with_columns(median_dwell_seconds=pl.lit(0.0))
    completed = dwell_figure(metrics, tables["lifecycle"], EN).data[1]
    assert completed.x[0] == 1.0
    assert completed.text[0].strip() == "0\u00a0s"


def test_every_purchase_is_in_one_bar():
    bins = touchpoint_bins(marts()["touchpoints_before_purchase"])
    assert sum(bar.journeys for bar in bins) == sum(BOUGHT)
    assert bins[-1].cumulative_share == 1.0
    assert bins[-1].label(EN) == "17 or more"
    assert bins[-1].journeys == sum(BOUGHT[16:])


def test_the_bars_are_those_of_the_table():
    tables = marts()
    figure = touchpoints_figure(tables["touchpoints_before_purchase"], 7.0, EN)
    assert list(figure.data[0].y[:16]) == BOUGHT[:16]
    assert "<b>median 7</b>" in texts(figure)


@pytest.mark.parametrize("counts", [[0], [0, 1], [3] * 3 + [900], list(range(200)), [5, 40, 41, 1000]])
def test_bars_do_not_overlap_and_leave_no_gap_however_long_the_tail(counts):
    rows = {
        "touchpoint_count": sorted(set(counts)),
        "journeys": [counts.count(n) for n in sorted(set(counts))],
    }
    bins = touchpoint_bins(pl.DataFrame(rows).with_columns(dimension=pl.lit("all")))
    assert len(bins) <= 33
    assert sum(bar.journeys for bar in bins) == len(counts)
    assert all(bar.high + 1 == following.low for bar, following in itertools.pairwise(bins))


def test_as_many_go_out_of_the_sankey_as_go_in():
    tables = marts()
    link = sankey_figure(tables["transitions"], tables["lifecycle"], EN).data[0].link
    assert sum(link.value) == tables["transitions"]["transition_count"].sum()
    assert not set(link.source) & set(link.target)


def test_a_way_back_has_a_colour_of_its_own():
    tables = marts()
    link = sankey_figure(tables["transitions"], tables["lifecycle"], EN).data[0].link
    back = sum(n for n, colour in zip(link.value, link.color, strict=True) if colour == LIGHT["link_back"])
    order = {phase: place for place, phase in enumerate(tables["phase_metrics"]["phase"].unique(maintain_order=True))}
    moves = [one for one in phase_links(tables["transitions"]) if one.source in order and one.target in order]
    assert back == sum(one.count for one in moves if order[one.target] < order[one.source]) > 0


def test_small_moves_are_merged_into_a_labelled_rest_and_none_is_lost():
    links = [Link("(start)", "a", 9000), Link("a", "b", 2), Link("a", "c", 3), Link("a", "(converted)", 1)]
    shown = merged(links)
    assert sum(link.count for link in shown) == sum(link.count for link in links)
    assert Link("a", "(rest)", 5, 2) in shown
    assert Link("a", "(converted)", 1) in shown


def test_nobody_bought_draws_a_sankey_without_a_purchase():
    tables = marts(has_purchases=False)
    assert "Purchase" not in " ".join(texts(sankey_figure(tables["transitions"], tables["lifecycle"], EN)))


def test_empty_tables_give_empty_figures():
    tables = empty_marts()
    phases = tables["phase_metrics"], tables["lifecycle"], EN
    figures = [
        funnel_figure(*phases),
        dwell_figure(*phases),
        touchpoints_figure(tables["touchpoints_before_purchase"], None, EN),
        sankey_figure(tables["transitions"], tables["lifecycle"], EN),
    ]
    assert all(not figure.data[0].x for figure in figures[:3])
    assert not figures[3].data[0].link.value


def test_tags_in_a_title_are_text():
    tables = marts(titles=[EVIL] * 6)
    phases = tables["phase_metrics"], tables["lifecycle"], EN
    figures = [funnel_figure(*phases), dwell_figure(*phases), sankey_figure(tables["transitions"], phases[1], EN)]
    assert not any("<a " in figure.to_json() or "<b>Buy" in figure.to_json() for figure in figures)


def test_the_same_tables_give_the_same_figure():
    assert funnel().to_json() == funnel().to_json()


def test_each_light_colour_has_one_dark_colour():
    assert len(RECOLOUR) == len(LIGHT) == len(DARK)


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_words_and_marks_stand_out_from_their_ground(palette):
    words = [("ink", "paper"), ("muted", "paper"), ("ink", "page"), ("muted", "page"), ("moved", "paper")]
    words += [(f"on_{part}", part) for part in ("moved", "bought", "open", "dropped")]
    assert [pair for pair in words if contrast(palette[pair[0]], palette[pair[1]]) < 4.5] == []
    marks = ("moved", "bought", "open", "dropped", "back")
    assert [mark for mark in marks if contrast(palette[mark], palette["paper"]) < 3] == []
