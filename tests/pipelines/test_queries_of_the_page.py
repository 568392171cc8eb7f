"""The SQL that stands under a table of the page runs on the published file as it is, and gives that table."""

import duckdb
import pytest

from pipelines.report.rendering import Reader, read_report
from pipelines.report.views import COLUMNS, TEXTS
from tests.browsing import needs_chromium
from tests.published_shop import LEFT, PHASES, RIGHT
from tests.reading import shown_by
from transforms.wording import NOTHING, words_in

pytestmark = needs_chromium

NAMES = {"changes": "days", "changes-1": "changes", "changes-2": "cohorts", "changes-3": "restated"}
NAMES |= {"segments-1": "handovers", "channels-1": "contacts_by"}
READERS = [
    Reader(),
    Reader("da", ("device_category", "mobile")),
    Reader("sv", ("persona", "come again"), "monthly"),
    Reader("nb", rhythm="daily"),
]


@pytest.fixture(scope="module", params=READERS, ids=lambda reader: f"{reader.language}-{reader.segment[1]}")
def reading(request, published_shop, browser, tmp_path_factory):
    """A page as a browser shows it, and what the published file answers to a query of it."""
    page = read_report(published_shop, request.param).page
    shown = shown_by(browser, page, tmp_path_factory.mktemp("page") / "page.html")
    with duckdb.connect(published_shop.database, read_only=True) as connection:
        yield shown, lambda query: connection.sql(query).pl(), words_in(request.param.language or "en")


def rows_of(frame, columns):
    """The numbers of a table: texts are not compared."""
    return [[None if name in TEXTS else row[name] for name in columns] for row in frame.to_dicts()]


def test_a_query_gives_the_rows_of_its_table(reading):
    shown, answer, _ = reading
    plain = {name: table for name, table in shown.tables.items() if name not in ("curves", "matrix")}
    for name, table in plain.items():
        question = NAMES.get(name, name)
        assert table["numbers"] == rows_of(answer(table["query"]), COLUMNS[question]), name
    assert {"funnel", "levers", "dwell", "touchpoints", "sankey", "contacts"} <= set(plain)


def test_a_query_gives_the_cells_of_its_table_of_two_sides(reading):
    shown, answer, words = reading
    curves, matrix = shown.tables["curves"], shown.tables["matrix"]
    found = {(row["phase"], words.duration(row["after_seconds"])): row for row in answer(curves["query"]).to_dicts()}
    phases = [phase for phase in PHASES if any(one == phase for one, _ in found)]
    assert curves["numbers"] == [
        [None, *(found.get((phase, time), {}).get("surviving_share") for time in curves["heads"][1:])]
        for phase in phases
    ]
    moves = {(one, other): share for one, other, share in answer(matrix["query"])[:, [0, 1, 3]].iter_rows()}
    left, right = ([state for state in side if any(state in move for move in moves)] for side in (LEFT, RIGHT))
    assert matrix["numbers"] == [[None, *(moves.get((one, other)) for other in right)] for one in left]


def test_the_query_of_the_answer_gives_the_key_figures(reading):
    shown, answer, words = reading
    [row] = answer(shown.answer["query"]).to_dicts()
    values = [value for _, value, _ in shown.key_figures]
    assert values[:3] == [
        words.count(row["journeys"]),
        words.count(row["still_open"]),
        words.share(row["conversion_rate"]),
    ]
    assert values[4:] == [
        words.count(row["median_touchpoints_before_purchase"]),
        words.duration(row["median_seconds_to_purchase"]),
    ]


def test_the_query_of_the_map_gives_its_figures(reading):
    shown, answer, words = reading
    if not shown.maps:  # there is a map of all and of each persona
        return
    told = answer(shown.maps[0]["query"])
    cells = [words.share(share) for share in told.filter(aspect="contacts")["value"]]
    assert [figure for cell in shown.maps[0]["cells"][0] for figure in cell] == cells
    assert cells


def test_the_query_of_the_grid_gives_its_shares(reading):
    shown, answer, words = reading
    if shown.grid is None:
        return
    told = answer(shown.grid["query"])
    shares = sorted(words.share(share) for share in told["share"] if share)
    assert sorted(text for row in shown.grid["texts"] for text in row[1:] if text != NOTHING) == shares
