"""Dagster's own page in a real browser: a person backfills four hundred days with three clicks, and all is green."""

import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from tests.browsing import answer_of, needs_chromium, running, wait_for
from tests.exports_by_hand import row, write
from tests.servers_by_hand import free_port

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200), needs_chromium]

ROOT = Path(__file__).parents[2]


@pytest.fixture
def today():
    return datetime.now(UTC).date()


@pytest.fixture
def dagster(tmp_path, today):
    """Dagster with its page and its daemon, for a folder with exports of the last three days and one long ago."""
    for back in (0, 1, 2, 399):
        day = today - timedelta(days=back)
        start = (day - datetime(2021, 1, 1).date()).days * 86400
        rows = [row(start + second, "page_view", f"p{second % 7}") for second in range(50)]
        write(tmp_path / "exports" / f"events_{day:%Y%m%d}.parquet", rows)
    (tmp_path / "sojourn.toml").write_text(
        'exports = "exports"\ndatabase = "made/sojourn.duckdb"\nreports = "made/reports"\n'
    )
    (tmp_path / "dagster.yaml").write_text((ROOT / "dagster.yaml").read_text())
    port = free_port()
    command = [sys.executable, "-m", "dagster", "dev", "-m", "pipelines.definitions", "-h", "127.0.0.1", "-p", port]
    environment = os.environ | {"DAGSTER_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    with (
        (tmp_path / "dagster.log").open("wb") as log,
        running(*command, cwd=tmp_path, env=environment, stdout=log, stderr=log),
    ):
        wait_for("Dagster", lambda: answer_of(f"http://127.0.0.1:{port}/server_info"), 120)
        yield f"http://127.0.0.1:{port}"


def test_four_hundred_days_are_backfilled_from_the_asset_graph_in_one_run_and_every_check_is_green(
    dagster, browser, tmp_path, today
):
    browser.open(f"{dagster}/asset-groups")
    browser.sees("Global asset lineage", "exports", "histories", "marts", "published")
    browser.click("Materialize all…")
    browser.click("Show all partitions")
    browser.click("All")
    browser.sees("400 partitions")
    browser.click("Launch backfill")
    file = tmp_path / "made" / "sojourn.duckdb"
    wait_for("the published file", file.exists, 600)
    browser.open(f"{dagster}/runs")
    browser.sees("400 partitions", "Success", seconds=200)
    assert (tmp_path / "dagster.log").read_text().count('Started execution of step "exports"') == 1
    with duckdb.connect(file, read_only=True) as published:
        assert published.sql("SELECT count(*), count(DISTINCT export_date) FROM events").fetchall() == [(200, 4)]
    for asset, checks in {"events": 7, "kpis": 5}.items():
        browser.open(f"{dagster}/assets/{asset}?view=checks")
        browser.sees(f"Checks ({checks})", *["Succeeded"] * checks)
    browser.open(f"{dagster}/assets/events?view=events")
    browser.sees("days_without_a_file", f"{today - timedelta(days=398)} to {today - timedelta(days=3)}")
