"""Stopping: at whatever moment a signal comes, the command ends with one line and exit code 130; at a second at once.

Python hands a signal to the main thread, from which a long statement of DuckDB's keeps it. So a thread is told too: it
interrupts what DuckDB does, over and over, until the command has ended by itself or its time for that is over.
"""

import gc
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from models.errors import SojournError

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
STOPPED = 130
GRACE, PAUSE = 5.0, 1.0
"""Seconds that a command has to end by itself, and those between two interruptions."""
SHOW_CURSOR = b"\x1b[?25h"


class StoppedError(SojournError):
    """A run that was told to stop, from the keyboard or by a signal."""

    exit_code = STOPPED

    def __init__(self) -> None:
        super().__init__("stopped; what is published is whole, and the next run goes on from here")


class Stop:
    """Whether a command was told to stop, whether the line that says so is written, and whether it is over.

    A signal raises a KeyboardInterrupt while `raises` is set: neither before there is somebody to catch it nor after.
    """

    def __init__(self) -> None:
        self.is_asked = False
        self.raises = False
        self.is_over = threading.Event()
        self._unsaid = threading.Lock()

    def interrupt(self, _number: int, _frame: FrameType | None) -> None:
        """Handle a signal in the main thread."""
        self.is_asked = True
        if self.raises:
            raise KeyboardInterrupt

    def begin(self) -> None:
        """Let signals raise from now on, and one that came already."""
        self.raises = True
        if self.is_asked:
            raise KeyboardInterrupt

    def say(self, line: str) -> None:
        """Write the line, if nobody has yet; the terminal may be gone."""
        if self._unsaid.acquire(blocking=False):
            with suppress(OSError):
                sys.stderr.write(f"error: {line}\n")
                sys.stderr.flush()

    def end_at_once(self) -> None:
        """End the process where it is. It leaves what a kill leaves, which the next run makes good."""
        if self._unsaid.acquire(blocking=False):
            with suppress(OSError):
                os.write(2, b"error: stopped\n")
                if os.isatty(1):
                    os.write(1, SHOW_CURSOR)
        os._exit(STOPPED)


@contextmanager
def stoppable(is_whole_process: bool) -> Iterator[Stop]:
    """Let signals stop what is done within, once it has begun: by a KeyboardInterrupt, or else the end of the process.

    Signals that the process was started to ignore, as by nohup, stay ignored.

    Args:
        is_whole_process: nothing comes after what is done within, so that signals are left as they are.
    """
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    before = {one: signal.getsignal(one) for one in SIGNALS}
    for one in SIGNALS:
        if before[one] is not signal.SIG_IGN:
            signal.signal(one, stop.interrupt)
    waker = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    watcher = threading.Thread(target=_watch, args=(reading, stop), daemon=True)
    watcher.start()
    try:
        yield stop
    finally:
        if not is_whole_process:
            stop.is_over.set()
            signal.set_wakeup_fd(waker)
            for one, handler in before.items():
                signal.signal(one, handler)
            os.close(writing)
            watcher.join()


def _watch(reading: int, stop: Stop) -> None:
    """Wait for signals, whose numbers are read from a pipe, until its other end is closed."""
    pressing: threading.Thread | None = None
    while number := os.read(reading, 1):
        if number[0] in SIGNALS:
            if pressing:
                stop.end_at_once()
            stop.is_asked = True
            pressing = threading.Thread(target=_press, args=(stop,), daemon=True)
            pressing.start()
    os.close(reading)
    if pressing:
        pressing.join()


def _press(stop: Stop) -> None:
    """Interrupt what DuckDB does until the command is over; end it when its time is."""
    until = time.monotonic() + GRACE
    while time.monotonic() < until:
        _interrupt_queries()
        if stop.is_over.wait(PAUSE):
            return
    stop.end_at_once()


def _interrupt_queries() -> None:
    """Interrupt what all DuckDB connections of this process do, whoever opened them."""
    kind = getattr(sys.modules.get("duckdb"), "DuckDBPyConnection", None)
    for one in gc.get_objects():
        if type(one) is kind:
            with suppress(Exception):  # one that is closed already
                one.interrupt()
