"""The ledger of what was sent: a line for each step, so that nobody gets the report of a period twice.

It is a file of its own beside the published database, so that a rollback does not make it forget. Before something is
handed over `begun` is noted, after it `sent` or `failed`. Where only `begun` stands, whoever sent it was cut off: it is
unsure whether it arrived, and it is not sent again by itself. A line that was cut off itself counts as not written.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from models.errors import SojournError
from models.settings import Settings
from pipelines.files import sync
from pipelines.places import ledger_path

State = Literal["begun", "sent", "failed"]
Key = tuple[str, str, str]


class LedgerError(SojournError):
    """A ledger that cannot be read or written: nothing is sent that cannot be noted."""


@dataclass(frozen=True)
class Entry:
    """One line of the ledger.

    Args:
        at: when it was written, UTC.
        audience: its name.
        period: its name.
        way: by which it went: `mail` and an address, `webhook`, or `folder`.
        state: how far it is.
        why: of a failure, or of what is unsure.
    """

    at: str
    audience: str
    period: str
    way: str
    state: State
    why: str = ""

    @property
    def key(self) -> Key:
        """What is sent once."""
        return self.audience, self.period, self.way


class Ledger:
    """What was sent by the nights of one database, as far as it was read when this was made, and noted since."""

    def __init__(self, settings: Settings) -> None:
        """Read the ledger.

        Raises:
            LedgerError: if it cannot be read.
        """
        self._path = ledger_path(settings)
        try:
            self._last = {entry.key: entry for entry in _read(self._path)}
        except (OSError, UnicodeError) as error:
            raise LedgerError(f"{self._path} cannot be read: {error}") from error

    def last(self, audience: str, period: str, way: str) -> Entry | None:
        """The last step of one sending; None where it was never begun."""
        return self._last.get((audience, period, way))

    def entries(self, audience: str) -> list[Entry]:
        """The last step of each sending to an audience, in the order in which they were begun."""
        return [entry for entry in self._last.values() if entry.audience == audience]

    def note(self, audience: str, period: str, way: str, state: State, why: str = "") -> None:
        """Write a line and make sure that it is on the disk.

        Raises:
            LedgerError: if it cannot be written.
        """
        entry = Entry(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", audience, period, way, state, why)
        try:
            _append(self._path, json.dumps(asdict(entry), ensure_ascii=False))
        except OSError as error:
            raise LedgerError(f"{self._path} cannot be written: {error.strerror or error}") from error
        self._last[entry.key] = entry


def _read(path: Path) -> Iterator[Entry]:
    if not path.exists():
        return
    for line in path.read_bytes().splitlines():
        entry = _parsed(line)
        if entry:
            yield entry


def _parsed(line: bytes) -> Entry | None:
    try:
        return Entry(**json.loads(line))
    except (ValueError, TypeError):
        return None


def _append(path: Path, line: str) -> None:
    """A line that was cut off before stays alone on its line."""
    is_new = not path.exists()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab+") as file:
        file.seek(max(file.seek(0, os.SEEK_END) - 1, 0))
        is_cut_off = file.read(1) not in (b"", b"\n")
        file.write(f"{chr(10) * is_cut_off}{line}\n".encode(errors="backslashreplace"))  # a name need not be text
        file.flush()
        os.fsync(file.fileno())
    if is_new:
        sync(path.parent)
