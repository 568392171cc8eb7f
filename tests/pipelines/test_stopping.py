"""A command that is told to stop, at any moment: real processes, real signals, one line and exit code 130."""

import gc
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import duckdb
import pytest

from pipelines.warehouse import transaction
from tests.launcher import heed_signals

ROOT = Path(__file__).parents[2]
STOPPED = 130
START = "from pipelines.cli.start import start; start()"
BUSY = """
import sys, time
import duckdb
from pipelines.cli import app, start, stopping

ENDLESS = "SELECT count(*) FROM range(100000000000) AS numbers(n) WHERE n % 7 = hash(n) % 3"

def ask():
    duckdb.connect().cursor().execute(f"CREATE TABLE counted AS {ENDLESS}")

def clean_up_for_ever():
    while True:
        try: time.sleep(60)
        except KeyboardInterrupt: pass

def work():
    print("working", flush=True)
    WORK()

stopping.GRACE = LIMIT
app.app = work
start.start()
"""


class Command:
    """A process of Python that has a script, and what it ends with."""

    def __init__(self, script, *words, ignored=(), **options):
        self.process = subprocess.Popen(
            [sys.executable, "-c", script, *words],
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=partial(heed_signals, ignored),
            **options,
        )

    def mask(self, name):
        """The signals that it handles (SigCgt) or ignores (SigIgn), as bits."""
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1], 16) for line in lines if line.startswith(name))

    def handles(self, number):
        return bool(self.mask("SigCgt") >> (number - 1) & 1)

    def end(self):
        """Its exit code, its errors, and how long they took; what does not end is killed."""
        began = time.monotonic()
        try:
            _, errors = self.process.communicate(timeout=60)
        finally:
            self.process.kill()
        return self.process.returncode, errors, time.monotonic() - began


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_while_the_command_starts_ends_it(tmp_path, number):
    (tmp_path / "exports").mkdir()
    command = Command(START, "run", "exports", cwd=tmp_path)
    while not command.handles(signal.SIGHUP):
        time.sleep(0.001)
    command.process.send_signal(number)
    assert command.end()[:2] == (STOPPED, "error: stopped\n")


def test_a_signal_in_a_slow_statement_ends_it():
    command = Command(BUSY.replace("WORK", "ask").replace("LIMIT", "50"))
    command.process.stdout.readline()
    command.process.send_signal(signal.SIGTERM)
    code, errors, seconds = command.end()
    assert (code, errors) == (STOPPED, "error: stopped\n")
    assert seconds < 25


def test_what_does_not_end_is_ended_after_a_while():
    command = Command(BUSY.replace("WORK", "clean_up_for_ever").replace("LIMIT", "0.1"))
    command.process.stdout.readline()
    command.process.send_signal(signal.SIGHUP)
    assert command.end()[:2] == (STOPPED, "error: stopped\n")


def test_a_second_signal_ends_it_at_once():
    command = Command(BUSY.replace("WORK", "clean_up_for_ever").replace("LIMIT", "50"))
    command.process.stdout.readline()
    for number in (signal.SIGTERM, signal.SIGINT):
        command.process.send_signal(number)
        time.sleep(0.2)
    code, errors, seconds = command.end()
    assert (code, errors) == (STOPPED, "error: stopped\n")
    assert seconds < 25


def test_a_transaction_that_a_signal_cuts_off_as_it_begins_says_nothing():
    connection = duckdb.connect()
    cut_off = transaction(connection)
    cut_off.__enter__()
    connection.close()
    del cut_off
    gc.collect()


def test_a_signal_that_is_ignored_from_the_start_stays_so():
    script = BUSY.replace("WORK", "ask").replace("LIMIT", "50")
    command = Command(script, ignored=(signal.SIGHUP,))
    command.process.stdout.readline()
    assert not command.handles(signal.SIGHUP)
    assert command.handles(signal.SIGTERM)
    command.process.kill()
    command.end()
