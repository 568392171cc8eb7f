"""What strangers write into paths, titles, channels and names is shown as words, and does nothing."""

import pytest
import yaml

from models.lifecycle import load_lifecycle
from models.lifecycle.errors import LifecycleError
from pipelines.report.files import files_of
from pipelines.report.rendering import Reader, read_report
from tests.browsing import needs_chromium
from tests.hostile_world import EVIL, PERSONAS, lifecycle_of_harm, publish_hostile_world
from tests.reading import shown_by
from transforms.wording import shortened

pytestmark = needs_chromium

ALIEN = """() => [...document.querySelectorAll("*")].filter((one) =>
    ["IMG", "IFRAME", "OBJECT", "EMBED", "FORM", "BASE", "LINK", "image", "foreignObject"].includes(one.tagName)
    || [...one.attributes].some(({ name, value }) => name.startsWith("on")
        || /^(href|src|action|xlink:href)$/.test(name)
        && !value.startsWith("#"))
).map((one) => one.outerHTML.slice(0, 200))"""
SPOTS = """() => {
    const figure = document.getElementById(%s);
    figure.scrollIntoView();
    const { x, y, width, height } = figure.getBoundingClientRect();
    const shares = [0.05, 0.5, 0.95];
    const marks = [...figure.querySelectorAll(".point path, .sankey-link")].map((one) => one.getBoundingClientRect());
    const middles = marks.slice(0, 4).map((one) => [one.x + one.width / 2, one.y + one.height / 2]);
    return [...shares.flatMap((across) => shares.map((down) => [x + width * across, y + height * down])), ...middles];
}"""
READERS = [Reader(), Reader("da", ("device_category", EVIL[0])), Reader("sv", ("persona", PERSONAS[0]))]


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return publish_hostile_world(tmp_path_factory.mktemp("hostile"))


@pytest.fixture(scope="module", params=READERS, ids=["all", "segment", "persona"])
def opened(request, world, browser, tmp_path_factory):
    """A page over the hostile world, as a browser shows it, and how it is called."""
    report = read_report(world, request.param)
    shown = shown_by(browser, report.page, tmp_path_factory.mktemp("page") / "page.html")
    return shown, f"{report.title} – {report.subtitle}"


def is_untouched(browser, title):
    """Assert that the page is still what it was written as, said nothing and asked for nothing."""
    assert browser.spoken() == []
    assert browser.asked() == set()
    assert browser.evaluate("document.title") == " ".join(title.split(" "))
    assert browser.evaluate(f"({ALIEN})()") == []
    assert browser.evaluate("document.scripts.length") == 3
    assert browser.evaluate("document.querySelectorAll('.main-svg a, main a[href]:not([href^=\"#\"])').length") == 0


def test_nothing_that_strangers_wrote_does_anything(browser, opened):
    is_untouched(browser, opened[1])


def test_nothing_does_when_figures_are_pointed_at_and_clicked(browser, opened):
    shown, title = opened
    heard = []
    for name in shown.figures:
        for x, y in browser.evaluate(f"({SPOTS % repr(f'{name}-figure')})()"):
            browser.point(x, y, click=True)
        browser.point(1, 1)
        browser.point(x, y)
        browser.settle()
        heard += browser.evaluate("[...document.querySelectorAll('.hoverlayer')].map((one) => one.textContent)")
    is_untouched(browser, title)
    assert any("document.title=" in text for text in heard)


def test_what_they_wrote_is_shown_as_words(opened):
    shown, _ = opened
    titles = {shortened(EVIL[n], 40) for n in range(4)}
    assert titles <= {cell for row in shown.tables["sankey"]["texts"] for cell in row} | {
        cell for row in shown.tables["contacts"]["texts"] for cell in row
    }
    if "pages" in shown.tables:
        paths = {row[0] for row in shown.tables["pages"]["texts"]}
        assert paths == {shortened(f"/{evil}", 80) for evil in EVIL}
        assert {row[0] for row in shown.tables["channels"]["texts"]} == {shortened(evil, 40) for evil in EVIL}


@pytest.mark.parametrize("width", [390, 320])
def test_a_word_of_two_thousand_signs_does_not_widen_the_page(browser, world, width, tmp_path):
    file = tmp_path / "page.html"
    file.write_text(read_report(world, Reader()).page, encoding="utf-8")
    browser.open_file(file, width=width)
    browser.evaluate("document.querySelectorAll('details').forEach((details) => { details.open = true; }); null")
    browser.settle()
    assert browser.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("name", ["../../x", "/etc/x", "a/b", "..", "x\x00y", "<b>"])
def test_a_lifecycle_whose_name_is_a_path_is_refused(name, tmp_path):
    file = tmp_path / "lifecycle.yaml"
    file.write_text(yaml.safe_dump(lifecycle_of_harm() | {"name": name}), encoding="utf-8")
    with pytest.raises(LifecycleError, match="name"):
        load_lifecycle(str(file))


def test_no_name_of_strangers_is_in_the_name_of_a_file(world):
    for reader in READERS:
        names = files_of(read_report(world, reader), None)
        assert all(name.replace("/", "").replace("-", "").replace("_", "").replace(".", "").isalnum() for name in names)
