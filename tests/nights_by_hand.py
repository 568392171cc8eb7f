"""A night in a folder of its own: exports, what a good night made of them, and the command line run in it."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from pipelines.cli.app import main
from tests.exports_by_hand import DAY, row, write

NEXT = "events_20210102.parquet"
SECONDS = 86400
MISTAKE, FAILURE = 2, 1
ROOT = Path(__file__).parents[1]
HEAVY = ("polars", "dagster", "plotly", "numpy", "networkx", "sqlalchemy", "pyarrow", "smtplib")
COMMAND = f"""
import sys
from pipelines.cli.start import start
try: start()
finally: print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)
"""


def make_good_night(folder):
    """Two days of exports, and a published file made of them."""
    for number, name in enumerate((DAY, NEXT)):
        rows = [row(number * SECONDS + second, "page_view", f"p{second % 7}") for second in range(200)]
        write(folder / "exports" / name, rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("DAGSTER_HOME", raising=False)
        patch.setattr(sys, "argv", [
            "sojourn", "run", "exports", "--timezone", "UTC", "--database", "made/sojourn.duckdb",
            "--reports", "made/reports",
        ])  # fmt: skip
        try:
            main()
        except SystemExit as end:
            assert not end.code


def run_lightly(*words):
    """Run a command in a process of its own, which says on its standard error which heavy libraries it imported."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-c", COMMAND, *words], env=environment, capture_output=True, text=True, check=True
    )


def copy_night(made, folder):
    """Copy what a night left to another folder, where it belongs to the exports that are copied along."""
    shutil.copytree(made, folder, dirs_exist_ok=True)
    for name in ("sojourn.duckdb", "sojourn.build.duckdb"):
        file = folder / "made" / name
        times = file.stat()
        with duckdb.connect(file) as connection:
            connection.execute("UPDATE memory SET value = ? WHERE name = 'exports'", [str(folder / "exports")])
        os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))


class Night:
    """A working directory with exports and what a good night made of them, and the command line run in it."""

    def __init__(self, folder, capsys, monkeypatch):
        self.folder, self.exports, self.capsys, self.monkeypatch = folder, folder / "exports", capsys, monkeypatch
        self.database = folder / "made" / "sojourn.duckdb"
        self.published = self.database.read_bytes()

    def run(self, *words, exports="exports"):
        """Run `sojourn run` in this process: its exit code, its output, its errors."""
        paths = ["--database", "made/sojourn.duckdb", "--reports", "made/reports"]
        self.monkeypatch.setattr(sys, "argv", ["sojourn", "run", exports, "--timezone", "UTC", *paths, *words])
        code = 0
        try:
            main()
        except SystemExit as end:
            code = end.code or 0
        out, err = self.capsys.readouterr()
        return code, out, err

    def refuses(self, code, *said, words=(), exports="exports"):
        """Assert that a run fails with one plain line that says all this, and that nothing it made is to be seen."""
        found, _, err = self.run(*words, exports=exports)
        assert (found, err.count("\n")) == (code, 1), err
        assert re.fullmatch(r"error: [^\n]+\n", err)
        assert "defect" not in err
        assert all(word in err for word in said), err
        self.is_untouched()

    def is_untouched(self):
        assert self.database.read_bytes() == self.published
        made = {file.name for file in self.database.parent.iterdir()}
        built = {"sojourn.build.duckdb", "sojourn.build.duckdb.wal", "sojourn.spark.log"}
        assert made <= built | {"sojourn.duckdb", ".sojourn.lock", ".sojourn.seen.json", "versions", "reports"}
