"""A shop of ten days with purchases and drop-off, published once, for the tests of what goes out to whom."""

import json
import sys
from email import message_from_string, policy

import pytest

from models.settings import read_settings
from pipelines.cli.app import main
from tests.exports_by_hand import params, row, write

DAYS = 10  # 1 to 10 January 2021: the week of Monday the 4th is whole
VISITORS = 14
LEDGER = "made/sojourn.sent.jsonl"


def visit(day, who):
    """A visit of somebody who searched; every third comes to the cart, every sixth buys."""
    device = {"category": "mobile" if who % 2 else "desktop"}
    found = params(source="google", medium="organic", page_location="https://shop.example/")
    names = ["page_view", "view_item", *(["add_to_cart"] if who % 3 == 0 else [])]
    names += ["begin_checkout", "purchase"] if who % 6 == 0 else []
    start = day * 86400 + who * 900
    return [
        row(start + 40 * place, name, f"p{day}-{who}", event_date=f"202101{day + 1:02}", device=device,
            event_params=found, ecommerce={"transaction_id": f"T{day}-{who}", "purchase_revenue": 100.0})
        for place, name in enumerate(names)
    ]  # fmt: skip


def make_shop(folder):
    """Write the exports, and run a night over them."""
    for day in range(DAYS):
        rows = [one for who in range(VISITORS) for one in visit(day, who)]
        write(folder / "exports" / f"events_202101{day + 1:02}.parquet", rows)
    settings = (
        'exports = "exports"\ndatabase = "made/sojourn.duckdb"\nreports = "made/reports"\njourney_window = "2d"\n'
    )
    (folder / "sojourn.toml").write_text(settings)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert sojourn(patch, "run") == 0


def sojourn(monkeypatch, *words):
    """Run the command line in this process: its exit code."""
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    monkeypatch.setattr(sys, "argv", ["sojourn", *words])
    try:
        main()
    except SystemExit as end:
        return end.code or 0
    return 0


class Shop:
    """The shop in a working directory of its own, and the command line run in it."""

    def __init__(self, folder, capsys, monkeypatch):
        self.folder, self.capsys, self.monkeypatch = folder, capsys, monkeypatch
        self.toml = folder / "sojourn.toml"
        self.base = self.toml.read_text()

    def choose(self, audiences, **tables):
        """Set audiences and other tables of the settings, in place of those that were set before."""
        named = {f"audiences.{name}": choices for name, choices in audiences.items()} | tables
        lines = [line for name, choices in named.items() for line in _table(name, choices)]
        self.toml.write_text("\n".join([self.base, *lines]))

    def call(self, *words):
        """Run the command line: its exit code, its output, its errors."""
        code = sojourn(self.monkeypatch, *words)
        return code, *self.capsys.readouterr()

    def send(self, *words):
        return self.call("send", *words)

    @property
    def settings(self):
        return read_settings(self.toml)

    def states(self):
        """The last state of each sending in the ledger, by audience and way."""
        entries = [json.loads(line) for line in (self.folder / LEDGER).read_text().splitlines()]
        return {(entry["audience"], entry["way"]): entry["state"] for entry in entries}

    def files(self):
        return {str(file): file.stat().st_mtime_ns for file in self.folder.rglob("*")}


def _table(name, choices):
    return [f"[{name}]", *(f"{key} = {json.dumps(value)}" for key, value in choices.items())]


def read_mail(content):
    """A mail as a mail program reads it."""
    return message_from_string(content, policy=policy.default)
