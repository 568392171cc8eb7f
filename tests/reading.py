"""What a browser shows of a page: the numbers of its tables, what its figures draw, and the queries beside them."""

from dataclasses import dataclass

from tests.browsing import Browser

READ = """() => {
    const texts = (found) => [...found].map((one) => one.textContent.replaceAll("\\u2060", ""));
    const number = (cell) => cell.dataset.value === undefined ? null : Number(cell.dataset.value);
    const rows = (table) => [...table.tBodies].flatMap((body) => [...body.rows]);
    const read = (table) => ({
        heads: texts(table.tHead.rows[0].cells),
        texts: rows(table).map((row) => texts(row.cells)),
        numbers: rows(table).map((row) => [...row.cells].map(number)),
        query: table.closest("details, section").querySelector(".query code").textContent,
    });
    const name = (one) => one.id.replace(/-(table|figure)$/, "");
    const figures = (cell) => texts(cell.querySelectorAll("p > b"));
    const found = (selector) => [...document.querySelectorAll(selector)];
    return {
        tables: Object.fromEntries(found("table[id]").map((table) => [name(table), read(table)])),
        figures: Object.fromEntries(found(".figure").map((one) => [name(one), { data: one.data, layout: one.layout }])),
        key_figures: found(".answer dl div").map((one) => texts(one.children)),
        answer: { query: document.querySelector("#answer code").textContent },
        maps: found("table.map").map((table) => ({
            query: table.closest("section").querySelector(".query code").textContent,
            cells: rows(table).map((row) => [...row.cells].slice(1).map(figures)),
            texts: rows(table).map((row) => texts(row.cells)),
        })),
        grid: found("table.shares").map(read)[0],
    };
}"""


@dataclass(frozen=True)
class Shown:
    """A page as the browser shows it."""

    tables: dict
    figures: dict
    key_figures: list
    answer: dict
    maps: list
    grid: dict | None = None

    def drawn(self, figure, key, trace=0):
        """What a trace of a figure draws: its x, y, text or customdata."""
        return self.figures[figure]["data"][trace][key]


def shown_by(browser: Browser, page: str, file) -> Shown:
    """Open a page at the width of a desk, and read it."""
    file.write_text(page, encoding="utf-8")
    browser.open_file(file)
    return Shown(**browser.evaluate(f"({READ})()"))
