"""The calls that stand under a table of the page open its rows into the journeys that they count."""

import duckdb
import pytest

from pipelines.report.opening import OPENED
from pipelines.report.rendering import Reader, read_report
from transforms.figures.links import REST

COUNTED = {
    "funnel": "dropped_off",
    "levers": "left_here",
    "touchpoints": "purchases",
    "segments": "converted",
}


@pytest.fixture(scope="module", params=[Reader(), Reader("da", ("device_category", "mobile"))], ids=["all", "mobile"])
def opened(request, published_shop):
    """For each table that is opened its rows, its calls, and how many journeys each call gives."""
    report = read_report(published_shop, request.param)
    told = {section.id: section.told[0] for section in report.sections if section.told}
    with duckdb.connect(published_shop.database, read_only=True) as connection:
        yield {
            name: (one.frame.to_dicts(), [len(connection.sql(call).fetchall()) for call in one.opening.splitlines()])
            for name, one in told.items()
            if one.opening
        }


def test_a_call_gives_as_many_journeys_as_its_row_counts(opened):
    for name, figure in COUNTED.items():
        if name in opened:
            rows, counts = opened[name]
            assert counts == [row[figure] for row in rows if REST not in row.values()], name
    assert {"funnel", "levers", "touchpoints"} <= set(opened)


def test_every_call_opens_some_journeys(opened):
    for name, (_, counts) in opened.items():
        assert any(counts), name
    assert "contacts" in opened


def test_on_the_page_of_all_every_table_of_journeys_is_opened(published_shop):
    told = {section.id: section.told for section in read_report(published_shop, Reader()).sections}
    opened = {name for name, tables in told.items() if tables and tables[0].opening}
    assert opened == {*OPENED} - {"days", "contacts_by"} | {"changes"}
    assert told["channels"][1].opening.startswith("FROM drill('contacts_by', phase := ")
