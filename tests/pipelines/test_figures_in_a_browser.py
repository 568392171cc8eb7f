"""Every number that a browser draws is that of the published tables, to the last digit, and nothing is cut off."""

from collections import Counter
from itertools import accumulate

import pytest

from tests.browsing import needs_chromium
from tests.published_shop import LEFT, PHASES, RIGHT, moves, phase_figures
from transforms.figures.curves import CURVE
from transforms.wording import words_in

pytestmark = needs_chromium

EN = words_in("en")
LEVERS = """
    SELECT level, left_here, extra_purchases, extra_revenue
    FROM levers
    JOIN (SELECT DISTINCT phase, unnest([phase, touchpoint]) AS state FROM lifecycle) USING (state)
    JOIN (SELECT state AS phase, extra_purchases AS of_phase FROM levers WHERE dimension = 'all' AND level = 'phase')
        USING (phase)
    WHERE dimension = 'all' AND left_here > 0
    QUALIFY row_number() OVER (PARTITION BY phase, level ORDER BY extra_purchases DESC, left_here DESC, state) <= 2
    ORDER BY of_phase DESC, level, extra_purchases DESC, left_here DESC, state
"""


def test_levers_are_drawn_phase_by_phase_as_they_were_reckoned(shown, published):
    rows = published(LEVERS)
    assert [row[-3:] for row in shown.tables["levers"]["numbers"]] == [list(row[1:]) for row in rows]
    phases, touchpoints = (shown.drawn("levers", "x", trace) for trace in (0, 1))
    assert phases == [row[2] if row[0] == "phase" else None for row in rows]
    assert touchpoints == [row[2] if row[0] == "touchpoint" else None for row in rows]


def test_the_funnel_draws_what_became_of_the_journeys(shown, published):
    parts = phase_figures(published, "progressed, stopped, still_open, dropped_off")
    assert [bar["x"] for bar in shown.figures["funnel"]["data"]] == parts
    assert [sum(column) for column in zip(*parts, strict=True)] == phase_figures(published, "reached")[0]


def test_the_days_are_drawn_as_they_were_counted(shown, published):
    for figure, axis in (("conversions", "y"), ("sessions_started", "y2")):
        bars = [bar for bar in shown.figures["changes"]["data"] if bar["yaxis"] == axis]
        drawn = [pair for bar in bars for pair in zip(bar["x"], bar["y"], strict=True)]
        counted = published(
            "SELECT day::VARCHAR, value FROM day_figures "
            f"WHERE figure = '{figure}' AND day >= '2026-06-15' ORDER BY day"
        )
        assert drawn == counted
    hatched = [sign for bar in bars for sign in bar["marker"]["pattern"]["shape"]]
    assert [bool(sign) for sign in hatched] == [
        is_open
        for (is_open,) in published(
            "SELECT is_provisional FROM day_figures WHERE figure = 'events' AND day >= '2026-06-15' ORDER BY day"
        )
    ]
    assert 0 < hatched.count("/") < len(hatched)


def test_segments_are_drawn_as_shares_of_journeys_and_of_purchases(shown, published):
    rows = published("""
        SELECT s.journeys / a.journeys, s.converted / a.converted FROM kpis AS s, kpis AS a
        WHERE a.dimension = 'all' AND s.dimension IN ('customer', 'device_category', 'persona', 'visitor')
        ORDER BY s.dimension, s.journeys DESC, s.segment
    """)
    assert [shown.drawn("segments", "x", trace) for trace in (0, 1)] == [
        list(column) for column in zip(*rows, strict=True)
    ]
    marks = published("""
        SELECT if(c.is_significant, if(difference > 0, '▲', '▼'), '–') FROM kpis
        LEFT JOIN (FROM comparisons WHERE figure = 'conversion_rate') AS c USING (dimension, segment)
        WHERE dimension IN ('customer', 'device_category', 'persona', 'visitor')
        ORDER BY dimension, kpis.journeys DESC, segment
    """)
    assert [row[-1] for row in shown.tables["segments"]["texts"]] == [sign for (sign,) in marks]
    assert ("▲",) in marks


def test_the_heat_of_channels_is_their_drop_off(shown, published):
    rows = published("""
        SELECT m.drop_off_rate, m.drop_off_low, m.drop_off_high, coalesce(c.is_significant, false), difference
        FROM phase_metrics AS m JOIN kpis USING (dimension, segment)
        LEFT JOIN (FROM comparisons WHERE figure = 'drop_off_rate') AS c USING (dimension, segment, phase)
        WHERE m.dimension = 'channel' AND m.phase <> 'retention' AND m.drop_off_rate IS NOT NULL
        ORDER BY kpis.journeys DESC, segment, phase_index
    """)
    signs = ["" if not certain else "\u00a0▲" if difference > 0 else "\u00a0▼" for *_, certain, difference in rows]
    assert any(signs)
    written = [EN.percent(rate) + sign for (rate, *_), sign in zip(rows, signs, strict=True)]
    assert shown.drawn("channels", "text") == written
    assert [text.split("<br>")[1] for text in shown.drawn("channels", "customdata")] == [
        EN.rate(*row[:3]) for row in rows
    ]
    assert [ground["opacity"] for ground in shown.figures["channels"]["layout"]["shapes"]] == [
        0.04 + 0.51 * row[0] for row in rows
    ]


def test_pages_are_drawn_at_their_rate_and_interval(shown, published):
    rows = published(
        "SELECT lost_low, lost_high, lost_rate FROM page_exits "
        "WHERE lost_above_average IS NOT NULL "
        "ORDER BY sessions >= 30 DESC, lost_above_average DESC, sessions DESC, page_path LIMIT 12"
    )
    assert shown.drawn("pages", "x") == [end for low, high, _ in rows for end in (low, high, None)]
    assert shown.drawn("pages", "x", 1) == [rate for *_, rate in rows]


def test_both_medians_of_the_time_in_phase_are_drawn(shown, published):
    for trace, times in enumerate(phase_figures(published, "median_dwell_seconds, km_median_dwell_seconds"), 1):
        assert shown.drawn("dwell", "x", trace) == [None if time is None else max(time, 1) for time in times]
        assert [text.strip() for text in shown.drawn("dwell", "text", trace)] == [
            "" if time is None else EN.duration(time) for time in times
        ]


def test_curves_pass_through_every_step(shown, published):
    traces, levels = shown.figures["curves"]["data"], shown.figures["curves"]["layout"]["yaxis"]["tickvals"]
    found = "SELECT seconds, surviving_low, surviving_high, surviving FROM dwell_curves WHERE dimension = 'all'"
    for row, phase in enumerate(PHASES):
        steps = published(f"{found} AND phase = '{phase}' ORDER BY seconds")
        late = [step for step in steps if step[0] > 1]
        drawn = [(1, *[step for step in steps if step[0] <= 1][-1][1:]), *late]
        for trace, column in zip(traces[3 * row : 3 * row + 3], (1, 2, 3), strict=True):
            assert trace["x"] == [step[0] for step in drawn]
            assert trace["y"] == [
                None if step[column] is None else levels[3 * row] + CURVE * step[column] for step in drawn
            ]


def test_every_purchase_is_in_one_bar_of_touchpoints(shown, published):
    counts = dict(
        published("SELECT touchpoint_count, journeys FROM touchpoints_before_purchase WHERE dimension = 'all'")
    )
    bars, shares = shown.drawn("touchpoints", "y"), shown.drawn("touchpoints", "y", 1)
    first = min(counts)
    single = [counts.get(first + place, 0) for place in range(len(bars) - 1)]
    assert bars == [*single, sum(counts.values()) - sum(single)]
    assert sum(bars) == published("SELECT count(*) FROM journeys WHERE outcome = 'converted'")[0][0]
    assert shares == [bought / sum(bars) for bought in accumulate(bars)]


def sides(shown, figure):
    """How many a figure of flows shows to leave each state, and to enter each, from the first to the last."""
    link = shown.drawn(figure, "link")
    totals = (Counter(), Counter())
    for end, total in zip(("source", "target"), totals, strict=True):
        for state, n in zip(link[end], link["value"], strict=True):
            total[state] += n
    return [[total[state] for state in sorted(total)] for total in totals]


def test_the_flow_of_phases_conserves_every_move(shown, published):
    counted = moves(published, "phase")
    small = {
        (one, other): n
        for (one, other), n in counted.items()
        if n < 0.002 * sum(counted.values()) and one != "(start)" and other in PHASES
    }
    left, right = sides(shown, "sankey")
    assert left == [sum(n for (one, _), n in counted.items() if one == state) for state in LEFT]
    entered = [sum(n for move, n in counted.items() if move[1] == state and move not in small) for state in RIGHT]
    assert right == [*entered, sum(small.values())]
    assert sum(left) == sum(right) == sum(counted.values())
    assert len(small) > 1
    notes = [note["text"] for note in shown.figures["sankey"]["layout"]["annotations"]]
    assert [note.split("<b>")[1].removesuffix("</b>") for note in notes[2:]] == [EN.count(n) for n in [*left, *right]]


def test_the_flow_of_touchpoints_conserves_every_move(shown, published):
    counted, entered = moves(published, "touchpoint"), Counter()
    for (_, state), n in counted.items():
        entered[state] += n
    common = sorted(
        (state for state in entered if not state.startswith("(")), key=lambda state: (-entered[state], state)
    )
    named = {*common[:10], "(start)", "(converted)", "(drop-off)", "(open)"}
    assert len(common) > 11
    grouped, leaving = Counter(), Counter()
    for (one, other), n in counted.items():
        grouped[one if one in named else "(rest)", other if other in named else "(rest)"] += n
        leaving[one if one in named else "(rest)"] += n
    rows = sorted(grouped.items(), key=lambda move: (-move[1], move[0]))
    assert shown.tables["contacts"]["numbers"] == [[None, None, n, n / leaving[one]] for (one, _), n in rows]
    left, right = sides(shown, "contacts")
    assert shown.drawn("contacts", "link")["value"] == [n for _, n in rows]
    assert sorted(left) == sorted(leaving.values())
    assert sum(left) == sum(right) == sum(counted.values())


def test_the_matrix_holds_the_probability_of_every_move(shown, published):
    found = {
        (one, other): share
        for one, other, share in published(
            "FROM transitions SELECT from_state, to_state, probability "
            "WHERE (part, level, dimension) = ('to_purchase', 'phase', 'all')"
        )
    }
    left = [state for state in LEFT if any(one == state for one, _ in found)]
    rows = [[None, *(found.get((one, other)) for other in RIGHT)] for one in left]
    assert shown.tables["matrix"]["numbers"] == rows
    shares = [found[one, other] for one in left for other in RIGHT if (one, other) in found]
    assert shown.drawn("matrix", "text") == [EN.percent(share) for share in shares]
    assert [sum(share or 0 for share in row[1:]) for row in rows] == pytest.approx([1] * len(rows))
