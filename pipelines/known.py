"""Which files are loaded already: by what their store tells of them, and where that changed by their content."""

from collections import defaultdict
from collections.abc import Container, Sequence
from datetime import date
from typing import TYPE_CHECKING

import duckdb

from models.settings import Settings
from pipelines.exports import ExportFile
from pipelines.fingerprints import of_reading

if TYPE_CHECKING:
    from pipelines.reading import DayFile


class KnownFiles:
    """The files that the tables stand on; `stale` are the days that were read as they would no longer be now.

    Feeds are of no day: None stands for the day of all of them.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
        self._connection = connection
        self._states: defaultdict[date | None, set[tuple[str, str]]] = defaultdict(set)
        self._hashes: defaultdict[date | None, set[tuple[str, str]]] = defaultdict(set)
        self.stale: set[date | None] = set()
        read_with = of_reading(settings)
        loads = connection.execute("SELECT export_day, source_file, file_state, content_hash, read_with FROM loads")
        for day, address, state, content, reading in loads.fetchall():
            self._states[day].add((address, state))
            self._hashes[day].add((address, content))
            if reading != read_with:
                self.stale.add(day)

    def vanished(self, days: Container[date]) -> list[date]:
        """The loaded days that are not among those given, in order."""
        return sorted(day for day in self._states if day is not None and day not in days)

    def addresses(self, day: date | None) -> set[str]:
        """The addresses of the files that a day stands on."""
        return {address for address, _ in self._states.get(day, ())}

    def are_unchanged(self, day: date | None, files: Sequence[ExportFile]) -> bool:
        """Whether the store tells of these files what it told when they were loaded."""
        return day not in self.stale and self._states.get(day, set()) == {(file.address, file.state) for file in files}

    def hold_the_same(self, day: date | None, files: Sequence["DayFile"]) -> bool:
        """Whether the content of these files is what was loaded."""
        return day not in self.stale and self._hashes[day] == {(file.file.address, file.content_hash) for file in files}

    def differences(self, day: date | None, files: Sequence["DayFile"]) -> set[str]:
        """The addresses of files that came, went or changed; all of them where they were read otherwise."""
        now = {(file.file.address, file.content_hash) for file in files}
        before = self._hashes[day]
        return {address for address, _ in (now | before if day in self.stale else now ^ before)}

    def note_states(self, files: Sequence["DayFile"]) -> None:
        """Put down what the store tells now of files whose content is the same."""
        for file in files:
            self._connection.execute(
                "UPDATE loads SET file_state = ? WHERE source_file = ?", [file.file.state, file.file.address]
            )
