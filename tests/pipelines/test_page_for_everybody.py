"""The page can be read in the light and the dark, on a phone and at a desk, by ear and by keyboard."""

from importlib.util import find_spec
from pathlib import Path

import pytest

from pipelines.report.rendering import Reader, read_report
from tests.browsing import needs_chromium
from tests.contrast import weak_words
from transforms.wording import words_in

pytestmark = needs_chromium

EN = words_in("en")
PHONE, DESK, TALL = 390, 1280, 1600
AXE = Path(find_spec("axe_playwright_python").origin).with_name("axe.min.js")
ALIKE = ["tbody tr:nth-child(n + 13)", ".sheet ~ .sheet ~ .sheet"]  # rows and maps like those before them
AUDIT = """(rules, alike) => axe.run({ include: document, exclude: [".figure > *", ...alike] }, {
    runOnly: rules, resultTypes: ["violations"],
}).then(({ violations, passes }) => ({
    violations: violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]),
    passes: passes.map(({ id }) => id),
}))"""
OPEN = "() => document.querySelectorAll('details').forEach((details) => { details.open = true; })"
STOPS = """() => [...document.querySelectorAll("a[href], button, summary, [tabindex='0']")]
    .filter((one) => one.checkVisibility({ contentVisibilityAuto: true })).map((one) => one.outerHTML.slice(0, 120))"""
FOCUS = """() => {
    const one = document.activeElement, style = getComputedStyle(one), box = one.getBoundingClientRect();
    const isSeen = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
    const isInside = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
    return [one.outerHTML.slice(0, 120), isSeen && isInside];
}"""


@pytest.fixture(scope="module")
def file(published_shop, tmp_path_factory):
    file = tmp_path_factory.mktemp("page") / "page.html"
    file.write_text(read_report(published_shop, Reader()).page, encoding="utf-8")
    return file


@pytest.fixture(
    scope="module",
    params=[
        ("light", DESK),
        ("dark", PHONE),
        pytest.param(("light", PHONE), marks=pytest.mark.slow),
        pytest.param(("dark", DESK), marks=pytest.mark.slow),
    ],
    ids=lambda look: f"{look[0]}-{look[1]}",
)
def look(request, browser, file):
    """A page with all that it can show opened."""
    scheme, width = request.param
    browser.open_file(file, width=width, scheme=scheme)
    browser.evaluate(f"({OPEN})()")
    browser.resize(width, TALL)
    browser.settle()
    return scheme, width


def test_axe_finds_no_violation_of_wcag_aa(browser, look):
    browser.evaluate(AXE.read_text() + "; null")
    audit = browser.evaluate(AUDIT, ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"], ALIKE)
    assert audit["violations"] == []
    assert {"color-contrast", "role-img-alt", "scrollable-region-focusable"} <= set(audit["passes"])


def test_words_in_figures_stand_out_from_the_pixels_under_them(browser, look):
    ids = browser.evaluate("[...document.querySelectorAll('.figure')].map(({ id }) => id)")
    assert len(ids) == 12
    assert weak_words(browser, ids + ["map"] * (look[1] == DESK)) == {}


def test_the_page_asks_for_nothing_and_nothing_goes_wrong(browser, look):
    assert browser.spoken() == []
    assert browser.asked() == set()


KEY_ROWS = """(() => {
    const items = [...document.querySelectorAll('.answer dl > div')], value = '.value';
    items.forEach(item => item.querySelector(value).textContent = '12,5 dagar');
    const spills = items.filter(item => item.querySelector(value).scrollWidth > item.clientWidth + 1).length;
    const tall = items.filter(item => item.querySelector(value).clientHeight > 50).length;
    const rows = Object.values(Object.groupBy(items, item => item.offsetTop));
    return [items.length, rows.map(row => row.length), spills + tall];
})()"""


@pytest.mark.parametrize("width", [PHONE, 500, 800, 1100, 1280, 1440, 1487, 1489, 1920])
def test_key_figures_stand_in_rows_of_one_length_and_their_values_on_one_line(browser, file, width):
    browser.open_file(file, width=width)
    count, rows, broken = browser.evaluate(KEY_ROWS)
    assert (count, broken) == (6, 0)
    assert set(rows) in ({6}, {3}, {2}), rows


@pytest.mark.parametrize("width", [PHONE, 320, DESK // 2])
def test_only_what_is_wide_scrolls_sideways_not_the_page(browser, file, width):
    browser.open_file(file, width=width)
    browser.evaluate(f"({OPEN})()")
    browser.settle()
    assert browser.evaluate("document.documentElement.scrollWidth") == width


def test_printing_asks_for_nothing_and_nothing_goes_wrong(browser, file):
    browser.open_file(file, scheme="dark")
    assert len(browser.tell("Page.printToPDF", preferCSSPageSize=True)["data"]) > 100_000
    browser.settle()
    assert browser.spoken() == []
    assert browser.asked() == set()


def test_weak_words_are_found(browser, tmp_path):
    words = '<div id="a"><svg height="30"><rect width="99" height="30" fill="#777"/>{}</svg></div>'
    file = tmp_path / "weak.html"
    file.write_text(words.format('<text y="20" fill="#888">weak</text><text x="50" y="20" fill="#fff">faint</text>'))
    browser.open_file(file)
    assert [text["words"] for text in weak_words(browser, ["a"])["a"]] == ["weak", "faint"]
    file.write_text(words.format('<text y="20" fill="#000">strong</text>'))
    browser.open_file(file)
    assert weak_words(browser, ["a"]) == {}


def test_tab_reaches_everything_in_order_and_shows_where_it_is(browser, file):
    browser.open_file(file)
    stops, reached = browser.evaluate(f"({STOPS})()"), []
    for _ in stops:
        browser.press("Tab")
        reached.append(browser.evaluate(f"({FOCUS})()"))
    assert [one for one, _ in reached] == stops
    assert [one for one, is_seen in reached if not is_seen] == []
    assert len(stops) > 25
    assert 'class="skip"' in stops[0]


def test_the_skip_link_goes_to_the_answer(browser, file):
    browser.open_file(file)
    browser.press("Tab")
    browser.press("Enter")
    browser.settle()
    assert browser.evaluate("document.activeElement.id") == "answer"


def test_enter_opens_the_numbers_and_tab_goes_into_them(browser, file):
    browser.open_file(file)
    browser.evaluate("document.querySelector('#funnel summary').focus()")
    browser.press("Enter")
    assert browser.evaluate("document.querySelector('#funnel details').open") is True
    browser.press("Tab")
    assert browser.evaluate("document.activeElement.className") == "scroll"
    browser.press("Tab")
    browser.press("Enter")
    browser.press("Tab")
    assert browser.evaluate("document.activeElement.className") == "copy"


@pytest.mark.parametrize("has_clipboard", [True, False])
def test_the_query_is_copied_or_at_least_selected_and_the_button_says_so(browser, file, has_clipboard):
    browser.open_file(file)
    browser.evaluate(f"({OPEN})()")
    if has_clipboard:
        browser.tell("Browser.grantPermissions", permissions=["clipboardReadWrite", "clipboardSanitizedWrite"])
        browser.tell("Emulation.setFocusEmulationEnabled", enabled=True)
    else:
        browser.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined }); null")
    browser.evaluate("document.querySelector('#funnel .copy').focus()")
    browser.press("Enter")
    browser.settle()
    copied = "navigator.clipboard.readText()" if has_clipboard else "getSelection().toString()"
    query = browser.evaluate("document.querySelector('#funnel code').textContent")
    assert browser.evaluate(copied).strip() == query
    said = browser.evaluate("document.querySelector('#funnel .copy').textContent")
    assert said == EN.say("sql_copied" if has_clipboard else "sql_selected")


def test_a_screen_reader_hears_what_each_figure_is_and_what_it_says(browser, file):
    browser.open_file(file)
    heard = [node for node in browser.tell("Accessibility.getFullAXTree")["nodes"] if not node["ignored"]]
    role = {node["nodeId"]: node["role"]["value"] for node in heard}
    figures = [node for node in heard if role[node["nodeId"]] == "image"]
    assert len(figures) == 12
    assert all(node["name"]["value"] and len(node["description"]["value"]) > 40 for node in figures)
    levels = [
        told["value"]["value"]
        for node in heard
        if role[node["nodeId"]] == "heading"
        for told in node["properties"]
        if told["name"] == "level"
    ]
    assert levels == [1] + [2] * (len(levels) - 1)
    assert len(levels) == 18


def test_a_table_stands_behind_every_figure_and_every_table_says_what_its_cells_are(browser, file):
    browser.open_file(file)
    for lacking in (
        "[...document.querySelectorAll('.figure')].filter((one) => !one.closest('section').querySelector('table'))",
        "[...document.querySelectorAll('table')].filter((one) => !one.caption?.textContent.trim())",
        "[...document.querySelectorAll('th')].filter((one) => !one.scope)",
        "[...document.querySelectorAll('tbody tr')].filter((one) => !one.querySelector('th'))",
    ):
        assert browser.evaluate(f"{lacking}.length") == 0, lacking
    assert browser.evaluate("document.documentElement.lang") == "en"
