"""The funnel page in a real browser, and the funnel in a terminal."""

import html
import io
import json
import re
import subprocess
from dataclasses import replace
from html.parser import HTMLParser

import polars as pl
import pytest
from rich.console import Console

from pipelines.cli.funnel import COUNTS as COUNT_COLUMNS
from pipelines.cli.funnel import funnel_table
from tests.browsing import CHROMIUM, QUIET, needs_chromium
from tests.marts_by_hand import COUNTS, FACTS, TITLES, empty_marts, marts, page_of, report_of
from transforms.wording import words_in

EN = words_in("en")
EVIL = "</script><script>document.title='owned'</script><img src=x onerror=document.title='owned'>"


class Cells(HTMLParser):
    """The rows of the table with that id, as text."""

    def __init__(self, table):
        super().__init__()
        self.table, self.is_inside, self.rows, self.is_cell = table, False, [], False

    def handle_starttag(self, tag, attrs):
        if tag == "table":
            self.is_inside = dict(attrs).get("id") == self.table
        if self.is_inside and tag == "tr":
            self.rows.append([])
        if self.is_inside and tag in ("td", "th"):
            self.is_cell = True
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        if tag in ("td", "th"):
            self.is_cell = False

    def handle_data(self, data):
        if self.is_cell:
            self.rows[-1][-1] += data.replace("\u2060", "")


def cells(page, table):
    parser = Cells(table)
    parser.feed(page)
    return parser.rows


def browse(page, folder, *flags):
    """Open the page in a browser: what it became, and what the browser had to say."""
    path = folder / "page.html"
    path.write_text(page, encoding="utf-8")
    command = [CHROMIUM, "--headless", *QUIET, *flags, f"--user-data-dir={folder / 'profile'}"]
    command += ["--virtual-time-budget=15000", "--dump-dom", path.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    return done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line]


def asked_for(page, folder):
    """What the page asked the network for; what the browser asks for on its own account is left out."""
    browse(page, folder, f"--log-net-log={folder / 'net.json'}")
    events = [event.get("params", {}) for event in json.loads((folder / "net.json").read_text())["events"]]
    by_pages = [event for event in events if event.get("initiator", "not an origin") != "not an origin"]
    return {event["url"] for event in by_pages if not event["url"].startswith(("file:", "data:", "chrome"))}


def shown_numbers(dom, figure):
    """The words that a figure draws."""
    drawn = dom.split(f'id="{figure}-figure"')[1].split("<details")[0]
    return html.unescape(" ".join(re.findall(r">([^<>]+)<", drawn)))


def printed(tables, width=80, words=EN):
    console = Console(width=width, file=io.StringIO(), soft_wrap=True)
    shown = {name: tables[name] for name in ("phase_metrics", "lifecycle", "kpis", "quality")}
    console.print(funnel_table(**shown, words=words, window_days=30))
    return console.file.getvalue().replace("\u00a0", " ")


@needs_chromium
def test_every_figure_is_drawn_without_a_word_from_the_browser(tmp_path):
    dom, console = browse(page_of(marts()), tmp_path)
    assert console == []
    assert all(f'id="{name}-figure"' in dom for name in ("funnel", "dwell", "touchpoints", "sankey"))
    assert dom.count('class="main-svg"') >= 8
    assert dom.count("sankey-link") >= 20


@needs_chromium
def test_the_numbers_drawn_are_those_of_the_tables(tmp_path):
    dom, _ = browse(page_of(marts()), tmp_path)
    words = shown_numbers(dom, "funnel")
    assert all(f"{counts[0]:,}" in words for counts in COUNTS)
    assert all(f"{COUNTS[place][4]:,}" in words for place in range(5))
    assert "median 7" in shown_numbers(dom, "touchpoints")
    assert "17 or more" in re.sub(" +", " ", shown_numbers(dom, "touchpoints"))
    assert "10,240" in shown_numbers(dom, "sankey")


@needs_chromium
@pytest.mark.parametrize("choices", [{"is_mature": False}, {"has_purchases": False}])
def test_a_page_without_rates_or_purchases_is_drawn_as_well(tmp_path, choices):
    dom, console = browse(page_of(marts(**choices)), tmp_path)
    assert console == []
    assert "sankey-link" in dom


def test_the_page_holds_the_map_of_all_the_grid_and_a_map_for_each_persona():
    page = page_of(marts())
    assert page.count('<table class="map">') == 2
    assert page.count('<table class="shares">') == 1
    assert "The map of: phones" in page
    assert "persona_" not in page
    alone = marts()
    for name in ("journey_map", "touchpoint_metrics"):
        alone[name] = alone[name].filter(pl.col("dimension") == "all")
    page = page_of(alone)
    assert (page.count('<table class="map">'), page.count('<table class="shares">')) == (1, 0)


@needs_chromium
def test_a_page_without_journeys_says_so(tmp_path):
    dom, console = browse(page_of(empty_marts()), tmp_path)
    assert console == []
    assert "No journey has been seen yet." in dom
    assert "-figure" not in dom


@needs_chromium
def test_a_script_in_a_title_is_inert(tmp_path):
    dom, console = browse(page_of(marts(titles=[EVIL, *TITLES[1:]])), tmp_path)
    assert console == []
    assert "<title>From first touch to purchase" in dom
    assert "<img" not in dom
    assert dom.count("<script") == 3
    assert "main-svg" in dom


@needs_chromium
def test_the_dark_page_recolours_its_figures(tmp_path):
    page = page_of(marts())
    (tmp_path / "light").mkdir()
    (tmp_path / "dark").mkdir()
    light, _ = browse(page, tmp_path / "light", "--blink-settings=preferredColorScheme=1")
    dark, _ = browse(page, tmp_path / "dark", "--blink-settings=preferredColorScheme=0")
    assert "rgb(47, 111, 171)" in light
    assert "rgb(98, 160, 220)" in dark
    assert "rgb(47, 111, 171)" not in dark.split("<main")[1].split("<footer")[0]


def test_the_tables_hold_the_numbers_of_the_marts():
    tables = marts()
    report = report_of(tables)
    for section in report.sections:
        for place, told in enumerate(section.told):
            rows = [list(told.view.columns), *([cell.text for cell in row] for row in told.view.rows)]
            name = f"{section.id}-{place}-table" if place else f"{section.id}-table"
            assert cells(report.page, name) == rows
    assert cells(report.page, "funnel-table")[1][1:3] == ["10,240", "6,120"]
    assert len(cells(report.page, "sankey-table")) == tables["transitions"].height + 1


@needs_chromium
def test_a_page_makes_no_request(tmp_path):
    page = page_of(marts())
    assert "default-src 'none'" in page.split("<title>")[0]
    assert asked_for(page, tmp_path) == set()
    (tmp_path / "other").mkdir()
    assert asked_for('<img src="http://127.0.0.1:9/x.png">', tmp_path / "other") == {"http://127.0.0.1:9/x.png"}


def test_the_same_tables_give_the_same_bytes():
    assert page_of(marts()) == page_of(marts())


def test_the_page_is_under_six_megabytes_with_one_plotly():
    page = page_of(marts())
    assert len(page.encode()) < 6_000_000
    assert page.count("<script>") == 2


def test_the_page_of_a_segment_tells_of_its_journeys_alone():
    tables = marts()
    whole, of_persona, of_channel = (
        report_of(tables, replace(FACTS, segment=segment))
        for segment in (("all", "all"), ("persona", "phones"), ("channel", "Email"))
    )
    assert any("the week before" in sentence for sentence in whole.answer)
    assert not any("the week before" in sentence for sentence in (*of_persona.answer, *of_channel.answer))
    assert "curves" in {section.id for section in of_persona.sections}
    assert "curves" not in {section.id for section in of_channel.sections}  # which table dwell_curves has none of


def test_the_page_can_be_read_by_ear_and_by_keyboard():
    page = page_of(marts())
    assert '<html lang="en">' in page
    assert 'class="skip" href="#answer"' in page
    assert page.count("<h1>") == 1
    assert page.count("<noscript>") == page.count('class="figure"') == 11
    assert page.count("<caption") == page.count("<table")


def test_the_terminal_shows_the_funnel_in_eighty_columns():
    shown = printed(marts())
    assert max(map(len, shown.splitlines())) <= 80
    assert "…" not in shown
    assert re.search(r"Evaluation +1,630 +1,480 +402 +1,001 +227 +0 +73 % +–\n +70–75 %", shown)


def test_counts_in_the_millions_make_lines_longer_and_break_no_title():
    tables = marts()
    tables["phase_metrics"] = tables["phase_metrics"].with_columns(pl.col(COUNT_COLUMNS) * 1001)
    shown = printed(tables)
    assert 80 < max(map(len, shown.splitlines())) < 96
    assert "…" not in shown
    assert re.search(r"Evaluation +1,631,630 +1,481,480 +402,402 +1,002,001 +227,227 +0 +73 %", shown)
    assert max(map(len, printed(tables, width=200).splitlines())) < 96


def test_the_terminal_says_why_there_is_no_rate():
    assert "A window of 15 days would" in " ".join(printed(marts(is_mature=False)).split())
    assert "mature" not in printed(marts())


def test_markup_and_control_signs_in_a_title_do_nothing_in_a_terminal():
    shown = printed(marts(titles=["[red]x[/red]\x1b[31m", *TITLES[1:]]), width=120)
    assert "[red]x[/red] [31m" in shown
    assert "\x1b" not in shown
