"""Every number in the tables that a browser shows is that of the published ones, to the last digit."""

import os
import subprocess
import sys
from bisect import bisect_right
from collections import Counter
from hashlib import sha256
from pathlib import Path

import pytest

from pipelines.report.rendering import Reader, read_report
from tests.browsing import needs_chromium
from tests.published_shop import LEFT, PHASES, STATES, moves
from transforms.wording import NOTHING, words_in

pytestmark = needs_chromium

EN = words_in("en", currency="DKK")
ROOT = Path(__file__).parents[2]
PRINT = """
import sys
from models.settings import Settings
from pipelines.report.rendering import Reader, read_report
sys.stdout.buffer.write(read_report(Settings(database=sys.argv[1]), Reader()).page.encode())
"""
MINUTE, HOUR, DAY = 60, 3600, 86400
TIMES = [MINUTE, 10 * MINUTE, HOUR, 6 * HOUR, DAY, 3 * DAY, 7 * DAY, 14 * DAY, 30 * DAY]
QUALITY = [
    "rows_read", "events", "duplicates", "quarantined", "excluded", "followed_share", "unmatched_event_share",
    "automatic_event_share",
    "unmatched_session_share", "provisional_day_share", "mature_journey_share", "open_journey_share",
    "returning_person_share", "ga_session_agreement", "repeated_purchases", "revenue_exported", "revenue_counted",
    "revenue_repeated", "revenue_unfollowed", "revenue_other", "refund_exported", "refund_netted", "refund_repeated",
    "refund_unfollowed", "unmatched_refund_value",
]  # fmt: skip
NOW, BEFORE = "day BETWEEN '2026-06-22' AND '2026-06-28'", "day BETWEEN '2026-06-15' AND '2026-06-21'"
TABLES = {
    "funnel": """
        SELECT NULL, reached, visited, progressed, stopped, still_open, dropped_off, still_open / reached, drop_off_rate
        FROM phase_metrics WHERE dimension = 'all' ORDER BY phase_index
    """,
    "changes": """
        SELECT NULL, s.value, c.value, r.value, NULL
        FROM day_figures AS s JOIN day_figures AS c USING (day) JOIN day_figures AS r USING (day)
        WHERE (s.figure, c.figure, r.figure) = ('sessions_started', 'conversions', 'revenue') AND day >= '2026-06-15'
        ORDER BY day
    """,
    "changes-1": f"""
        SELECT NULL, now, earlier, now / earlier - 1
        FROM (
            SELECT figure, sum(value) FILTER ({NOW}) AS now, sum(value) FILTER ({BEFORE}) AS earlier
            FROM day_figures GROUP BY figure
        )
        WHERE figure IN ('sessions_started', 'journeys_started', 'conversions', 'revenue')
        ORDER BY list_position(['sessions_started', 'journeys_started', 'conversions', 'revenue'], figure)
    """,
    "changes-2": """
        SELECT
            NULL, NULL, sum(journeys), sum(mature_converted + mature_dropped_off), sum(mature_converted),
            sum(mature_converted) / sum(mature_converted + mature_dropped_off)
        FROM cohorts WHERE day BETWEEN '2026-06-08' AND '2026-06-21'
        GROUP BY day >= '2026-06-15' ORDER BY min(day) DESC
    """,
    "changes-3": """
        SELECT NULL, NULL, before, after FROM restatements
        WHERE day >= '2026-06-15' AND figure IN ('events', 'sessions_started', 'conversions', 'revenue')
        ORDER BY day, figure
    """,
    "segments": """
        SELECT
            NULL, s.journeys, s.journeys / a.journeys, s.converted, s.converted / a.converted, s.revenue / a.revenue,
            s.conversion_rate, NULL
        FROM kpis AS s, kpis AS a
        WHERE a.dimension = 'all' AND s.dimension IN ('customer', 'device_category', 'persona', 'visitor')
        ORDER BY s.dimension, s.journeys DESC, s.segment
    """,
    "channels": """
        SELECT NULL, NULL, reached, drop_off_rate, NULL
        FROM phase_metrics JOIN kpis USING (dimension, segment)
        WHERE dimension = 'channel' AND phase <> 'retention' ORDER BY journeys DESC, segment, phase_index
    """,
    "segments-1": """
        SELECT
            NULL, count(*), count(*) / (SELECT count(*) FROM sessions), coalesce(any_value(n), 0),
            coalesce(any_value(n), 0) / (SELECT count(DISTINCT journey_id) FROM touchpoints WHERE is_conversion),
            coalesce(any_value(other), 0)
        FROM sessions AS s
        LEFT JOIN (
            SELECT b.device_category, count(*) AS n, count_if(b.device_category <> j.device_category) AS other
            FROM journeys AS j
            JOIN touchpoints AS t ON t.journey_id = j.journey_id AND t.occurred_at = j.converted_at AND t.is_conversion
            JOIN sessions AS b ON b.session_id = t.session_id
            GROUP BY ALL
        ) AS p ON p.device_category = s.device_category
        GROUP BY s.device_category ORDER BY count(*) DESC
    """,
    "channels-1": """
        SELECT NULL, count(*), count(*) / sum(count(*)) OVER (), count_if(s.channel = j.channel)
        FROM touchpoints AS t JOIN sessions AS s USING (session_id) JOIN journeys AS j ON j.journey_id = t.journey_id
        WHERE phase = 'conversion' GROUP BY s.channel ORDER BY count(*) DESC, s.channel
    """,
    "pages": """
        SELECT NULL, sessions, exits, exit_rate, lost_exits, lost_rate
        FROM page_exits WHERE lost_above_average IS NOT NULL
        ORDER BY sessions >= 30 DESC, lost_above_average DESC, sessions DESC, page_path LIMIT 12
    """,
    "dwell": """
        SELECT NULL, stays, completed_stays, km_median_dwell_seconds, median_dwell_seconds, p90_dwell_seconds
        FROM phase_metrics WHERE dimension = 'all' ORDER BY phase_index
    """,
    "touchpoints": """
        SELECT touchpoint_count, journeys, share, cumulative_share
        FROM touchpoints_before_purchase WHERE dimension = 'all' ORDER BY touchpoint_count
    """,
    "sankey": f"""
        SELECT NULL, NULL, transition_count, probability, median_seconds
        FROM transitions WHERE (part, level, dimension) = ('to_purchase', 'phase', 'all')
        ORDER BY list_position({STATES}, from_state), list_position({STATES}, to_state)
    """,
    "quality": f"""
        SELECT NULL, value
        FROM (FROM quality SELECT name, value UNION ALL SELECT 'rows_read', sum(rows_read) FROM loads)
        WHERE name IN {tuple(QUALITY)} ORDER BY list_position({QUALITY}, name)
    """,
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_holds_the_numbers_of_the_published_tables(shown, published, name):
    expected = [list(row) for row in published(TABLES[name])]
    assert len(expected) > 1
    assert shown.tables[name]["numbers"] == expected


def test_every_table_of_the_page_is_compared(shown):
    assert set(shown.tables) == {*TABLES, "levers", "contacts", "curves", "matrix"}


def test_a_row_is_told_in_the_words_of_its_numbers(shown, published):
    rates = published(
        "SELECT drop_off_rate, drop_off_low, drop_off_high FROM phase_metrics "
        "WHERE dimension = 'all' ORDER BY phase_index"
    )
    assert [row[-1] for row in shown.tables["funnel"]["texts"]] == [EN.rate(*rate) for rate in rates]
    names = [
        ["First contact", *(phase.capitalize() for phase in PHASES)][LEFT.index(one)]
        for one, _ in sorted(moves(published, "phase"), key=lambda move: tuple(map(STATES.index, move)))
    ]
    assert [row[0] for row in shown.tables["sankey"]["texts"]] == names


def test_the_table_of_curves_reads_them_at_round_times(shown, published):
    rows = []
    for phase in PHASES:
        steps = published(
            f"FROM dwell_curves SELECT seconds, surviving WHERE dimension = 'all' AND phase = '{phase}' ORDER BY 1"
        )
        seconds = [second for second, _ in steps]
        rows.append([steps[bisect_right(seconds, time) - 1][1] if time <= seconds[-1] else None for time in TIMES])
    told = [place for place in range(len(TIMES)) if any(row[place] is not None for row in rows)]
    assert shown.tables["curves"]["numbers"] == [[None, *(row[place] for place in told)] for row in rows]
    assert shown.tables["curves"]["heads"][1:] == [EN.duration(TIMES[place]) for place in told]


def test_the_key_figures_are_those_of_the_kpis(shown, published):
    [kpi] = published("""
        SELECT journeys, still_open, conversion_rate, median_touchpoints_before_purchase, median_seconds_to_purchase,
            conversion_low, conversion_high, converted
        FROM kpis WHERE dimension = 'all'
    """)
    [(worth,)] = published(
        "SELECT extra_revenue FROM levers WHERE dimension = 'all' AND level = 'phase'"
        " ORDER BY extra_purchases DESC LIMIT 1"
    )
    values = [
        EN.count(kpi[0]),
        EN.count(kpi[1]),
        EN.share(kpi[2]),
        EN.about(worth),
        EN.count(kpi[3]),
        EN.duration(kpi[4]),
    ]
    assert [value for _, value, _ in shown.key_figures] == values
    asides = [aside for *_, aside in shown.key_figures]
    assert (
        EN.count(kpi[7]) in asides[0] and EN.share(kpi[1] / kpi[0]) in asides[1] and EN.interval(*kpi[5:7]) in asides[2]
    )


def test_the_map_holds_the_figures_of_its_table(shown, published):
    told = published(
        "FROM journey_map SELECT aspect, phase, item, value, journeys, revenue "
        "WHERE dimension = 'all' ORDER BY phase_index, aspect, rank"
    )
    assert [[Counter(cell) for cell in row] for row in shown.maps[0]["cells"][:2]] == [
        [Counter(EN.share(row[3]) for row in told if row[:2] == ("contacts", phase)) for phase in PHASES],
        [Counter(flow(told, phase)) for phase in PHASES],
    ]
    written = {
        "time": lambda row: EN.duration(row[3]),
        "channels": lambda row: EN.share(row[3]),
        "levers": lambda row: " · ".join(
            [
                EN.say("map_lost", n=EN.count(row[4])),
                EN.say("map_extra", row[3], n=EN.estimate(row[3])),
                *([] if row[5] is None else [EN.about(row[5])]),
            ]
        ),
    }
    titles = {row[0]: cells for row, cells in zip(shown.maps[0]["texts"], shown.maps[0]["cells"], strict=True)}
    for aspect, write in written.items():
        cells = [[write(row) for row in told if row[:2] == (aspect, phase)] for phase in PHASES]
        assert titles[EN.say(f"map_{aspect}")] == cells
        assert any(cells)


def flow(told, phase):
    """The figures of the flow of a phase, as they are written: counts that are none are not told."""
    figures = {row[2]: row[3] for row in told if row[:2] == ("flow", phase)}
    counts = [figures[part] for part in ("progressed", "stopped", "still_open", "dropped_off") if figures[part]]
    rate = [] if figures["drop_off_rate"] is None else [EN.share(figures["drop_off_rate"])]
    return [EN.count(figures["reached"]), *map(EN.count, counts), *rate]


def test_the_grid_of_personas_holds_the_share_of_each(shown, published):
    columns = published("SELECT segment FROM kpis WHERE dimension = 'persona' ORDER BY segment = '(none)', segment")
    shares = {(segment, title): share for segment, title, share in published("""
        SELECT segment, touchpoint_title, share FROM touchpoint_metrics
        JOIN (SELECT DISTINCT touchpoint, touchpoint_title FROM lifecycle) USING (touchpoint)
        WHERE dimension IN ('all', 'persona')
    """)}  # fmt: skip
    rows = [row for row in shown.grid["texts"] if len(row) > 1]
    assert len(rows) == published("SELECT count(*) FROM touchpoint_metrics WHERE dimension = 'all'")[0][0]
    for title, *cells in rows:
        found = [shares.get((segment, title)) for segment in ("all", *(name for (name,) in columns))]
        assert cells == [EN.share(share) if share else NOTHING for share in found]


def test_the_same_published_file_gives_the_same_bytes_in_every_process(published_shop):
    page = read_report(published_shop, Reader()).page.encode()
    for seed in ("1", "2"):
        printed = subprocess.run(
            [sys.executable, "-c", PRINT, published_shop.database],
            capture_output=True, check=True, cwd=ROOT, env=os.environ | {"PYTHONHASHSEED": seed},
        ).stdout  # fmt: skip
        assert sha256(printed).digest() == sha256(page).digest()


def test_the_page_holds_plotly_once_and_is_under_six_megabytes(published_shop):
    page = read_report(published_shop, Reader()).page
    assert page.count("* plotly.js v") == 1
    assert len(page.encode()) < 6_000_000
