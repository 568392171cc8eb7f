"""Dagster's own page in a real browser: a person backfills four hundred days with three clicks, and all is green."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections import Counter
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from time import monotonic, sleep

import duckdb
import pytest
from websockets.sync.client import connect

from tests.exports_by_hand import row, write
from tests.pipelines.test_page import CHROMIUM, QUIET, needs_chromium
from tests.servers_by_hand import free_port

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200), needs_chromium]

ROOT = Path(__file__).parents[2]
CLICK = """(words => {
    const found = [...document.querySelectorAll('a, button')].filter(e => e.innerText.trim() === words && !e.disabled);
    found.at(-1)?.click();
    return found.length > 0;
})(%s)"""


def wait_for(what, ask, seconds=60):
    """Ask until there is an answer."""
    end = monotonic() + seconds
    while not (answer := ask()):
        assert monotonic() < end, f"{what} did not come"
        sleep(0.3)
    return answer


def answer_of(address):
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:
            return json.load(answer)
    except OSError:
        return None


@contextmanager
def running(*command, **options):
    """Run a command with all that it starts; at the end all of it is ended."""
    with subprocess.Popen([*map(str, command)], start_new_session=True, **options) as process:
        try:
            yield process
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(30)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


class Browser:
    """A browser that is told what to do by its own protocol."""

    def __init__(self, socket):
        self._socket, self._numbers = socket, count(1)

    def _tell(self, method, **params):
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while (answer := json.loads(self._socket.recv(60))).get("id") != number:
            pass
        return answer["result"]

    def _evaluate(self, script):
        return self._tell("Runtime.evaluate", expression=script, returnByValue=True)["result"].get("value")

    def open(self, address):
        self._tell("Page.navigate", url=address)

    def click(self, words):
        """Click the button or the link that says this, once it is there."""
        wait_for(f"{words!r} to click", lambda: self._evaluate(CLICK % json.dumps(words)))

    def sees(self, *words, seconds=60):
        """Wait until the page says all this, each as often as it is given."""
        asked = Counter(words)
        wait_for(words, lambda: all(self.text().count(word) >= asked[word] for word in asked), seconds)

    def text(self):
        return self._evaluate("document.body.innerText") or ""


@pytest.fixture
def today():
    return datetime.now(UTC).date()


@pytest.fixture
def dagster(tmp_path, today):
    """Dagster with its page and its daemon, for a folder with the exports of the last three days: its address."""
    for back in range(3):
        day = today - timedelta(days=back)
        start = (day - datetime(2021, 1, 1).date()).days * 86400
        rows = [row(start + second, "page_view", f"p{second % 7}") for second in range(50)]
        write(tmp_path / "exports" / f"events_{day:%Y%m%d}.parquet", rows)
    (tmp_path / "sojourn.toml").write_text(
        'exports = "exports"\ndatabase = "made/sojourn.duckdb"\nreports = "made/reports"\n'
        f"start_date = {today - timedelta(days=399)}\n"
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


@pytest.fixture
def browser(tmp_path):
    port = free_port()
    flags = ["--headless", *QUIET, f"--remote-debugging-port={port}", f"--user-data-dir={tmp_path / 'profile'}"]
    with running(CHROMIUM, *flags, "about:blank", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL):
        tabs = wait_for("the browser", lambda: answer_of(f"http://127.0.0.1:{port}/json"))
        [page] = [tab for tab in tabs if tab["type"] == "page"]
        with connect(page["webSocketDebuggerUrl"], max_size=None) as socket:
            yield Browser(socket)


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
        assert published.sql("SELECT count(*), count(DISTINCT export_date) FROM events").fetchall() == [(150, 3)]
    for asset, checks in {"events": 7, "kpis": 4}.items():
        browser.open(f"{dagster}/assets/{asset}?view=checks")
        browser.sees(f"Checks ({checks})", *["Succeeded"] * checks)
    browser.open(f"{dagster}/assets/events?view=events")
    browser.sees("days_without_a_file", f"{today - timedelta(days=399)} to {today - timedelta(days=3)}")
