"""`sojourn report`: the page, its PDF, its pictures and its tables, for whoever asks."""

import csv
import io

import duckdb
import polars as pl
import pytest

from pipelines.report.cells import csv_bytes
from pipelines.report.rendering import Reader, read_report
from tests.marts_by_hand import marts, report_of
from tests.pipelines.test_page import needs_chromium

INTERVALS = "drop_off_rate, drop_off_low, drop_off_high"


def rows(content):
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


@needs_chromium
def test_a_report_is_a_page_a_pdf_a_picture_of_each_figure_and_each_table(shop):
    code, out, err = shop.call("report", "--reports", "out")
    assert (code, err) == (0, "")
    report, place = read_report(shop.settings, Reader()), shop.folder / "out"
    assert (place / "funnel.html").read_text("utf-8") == report.page
    assert (place / "funnel.pdf").read_bytes().startswith(b"%PDF")
    assert {file.stem for file in (place / "figures").iterdir()} == set(report.figures)
    assert {file.stem for file in (place / "tables").iterdir()} == set(report.tables)
    assert f"figures   out/figures: {len(report.figures)}" in out


def test_a_table_holds_the_figures_to_the_last_digit(shop):
    with duckdb.connect(shop.settings.database, read_only=True) as connection:
        found = connection.sql(
            f"SELECT phase, {INTERVALS} FROM phase_metrics WHERE dimension = 'all' ORDER BY phase_index"
        ).fetchall()
    written = rows(
        csv_bytes(read_report(shop.settings, Reader()).tables["funnel"].select("phase", *INTERVALS.split(", ")))
    )
    assert written[0] == ["phase", *INTERVALS.split(", ")]
    assert [[row[0], *(float(cell) if cell else None for cell in row[1:])] for row in written[1:]] == [
        *map(list, found)
    ]


@pytest.mark.parametrize("text", ["=1+1", "+cmd", "-2", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1", "\n=HYPERLINK(0)"])
def test_a_text_that_a_spreadsheet_would_reckon_with_is_written_as_text(text):
    written = rows(csv_bytes(pl.DataFrame({"page_path": [text], "change": [-0.5]})))
    assert written[1] == [f"'{text}", "-0.5"]


def test_without_a_driver_one_line_says_how_to_get_it_and_the_rest_is_written(shop, no_driver):
    code, out, err = shop.call("report", "--reports", "out")
    assert (code, err) == (0, "")
    assert "without pictures and PDF: pictures and the PDF need a driver that is not installed: cd " in out
    assert "uv sync --inexact --no-dev --extra pictures" in out
    assert {file.name for file in (shop.folder / "out").iterdir()} == {"funnel.html", "tables"}


def test_a_report_of_a_segment_in_a_language_is_of_its_journeys(shop, no_driver):
    asked = ("--language", "da", "--segment", "device_category=mobile", "--rhythm", "daily")
    assert shop.call("report", "--reports", "out", *asked)[0] == 0
    page = (shop.folder / "out" / "funnel.html").read_text("utf-8")
    assert '<html lang="da">' in page
    assert "Siden handler om ét segment: mobil." in page
    with duckdb.connect(shop.settings.database, read_only=True) as connection:
        query = "SELECT journeys FROM kpis WHERE dimension = 'device_category' AND segment = 'mobile'"
        (journeys,) = connection.execute(query).fetchone()
    assert rows((shop.folder / "out" / "tables" / "answer.csv").read_bytes())[1][0] == str(journeys)
    assert not (shop.folder / "out" / "tables" / "segments.csv").exists()


@pytest.mark.parametrize(
    ("segment", "told"),
    [
        ("mobile", "'mobile' is no segment; write dimension=value, such as device_category=mobile"),
        ("device_categories=mobile", "journeys are not cut by 'device_categories'; did you mean 'device_category'?"),
        ("device_category=moblie", "no journey has device_category 'moblie'; did you mean 'mobile'?"),
    ],
)
def test_a_segment_that_there_is_not_is_one_line(shop, segment, told):
    code, _, err = shop.call("report", "--reports", "out", "--segment", segment)
    assert (code, err.strip()) == (2, f"error: {told}")
    assert not (shop.folder / "out").exists()


def test_a_folder_that_cannot_be_written_is_one_line(shop, no_driver):
    (shop.folder / "out").write_text("a file")
    code, _, err = shop.call("report", "--reports", "out")
    assert code == 1
    assert err.startswith("error: out cannot be written: ")
    assert len(err.strip().splitlines()) == 1


def test_before_the_first_night_there_is_nothing_to_report(shop):
    code, _, err = shop.call("report", "--database", "other.duckdb")
    assert code == 1
    assert err.startswith("error: nothing is published at other.duckdb yet")


def test_the_same_tables_give_the_same_files():
    first, second = report_of(marts()), report_of(marts())
    assert first.page == second.page
    tables = [{name: csv_bytes(frame) for name, frame in report.tables.items()} for report in (first, second)]
    assert tables[0] == tables[1]
