"""Starts nights in processes of their own that have the libraries loaded already: a kill can then come at any moment.

A line of JSON on the standard input starts `sojourn run` in a folder; its process id, and at its end its exit code,
come back as lines. Polars and Sojourn are imported by each night anew: Polars' threads would not survive the fork.
"""

import json
import os
import resource
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

LIBRARIES = (
    "dagster",
    "duckdb",
    "networkx",
    "plotly.graph_objects",
    "pydantic_settings",
    "rich",
    "sqlalchemy",
    "typer",
)


class Launcher:
    """Starts nights in a folder, one after the other, and kills them."""

    def __init__(self, folder):
        self.folder = folder
        environment = {name: value for name, value in os.environ.items() if name != "DAGSTER_HOME"}
        self._process = subprocess.Popen(
            [sys.executable, __file__],
            cwd=folder,
            env=environment | {"PYTHONPATH": str(Path(__file__).parents[1])},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self, limit=None):
        """Start a night whose files may grow to so many bytes; its process id."""
        self._process.stdin.write(json.dumps(limit) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def end(self):
        """Wait for the night to end; its exit code and its errors."""
        code = os.waitstatus_to_exitcode(int(self._process.stdout.readline()))
        return code, (self.folder / "errors").read_text()

    def kill(self, pid):
        """Kill the night at once, with all its processes; whether it was killed before its end."""
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
        return self.end()[0] == -signal.SIGKILL

    def close(self):
        self._process.communicate(timeout=60)


def heed_signals(ignored=()):
    """Let signals do in this process what they do in one that a person starts, whatever nohup ignored."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN if number in ignored else signal.SIG_DFL)


def night(limit):
    os.setsid()
    heed_signals()
    if limit:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    for name, stream in (("output", sys.stdout), ("errors", sys.stderr)):
        os.dup2(os.open(name, os.O_CREAT | os.O_WRONLY | os.O_TRUNC), stream.fileno())
    sys.argv = ["sojourn", "run"]
    from pipelines.cli.app import main

    main()


def serve():
    for name in LIBRARIES:
        __import__(name)
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            night(json.loads(line))
            sys.exit()
        print(pid, flush=True)
        print(os.waitpid(pid, 0)[1], flush=True)


if __name__ == "__main__":
    serve()
