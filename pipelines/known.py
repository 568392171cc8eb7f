"""Which files are loaded already: by what their store tells of them, and where that changed by their content."""

from collections import defaultdict
from collections.abc import Container, Sequence, Set
from dataclasses import replace
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
        self._with_rows: defaultdict[date | None, set[str]] = defaultdict(set)
        self._final: set[date | None] = set()
        self.rows: defaultdict[date | None, int] = defaultdict(int)
        self.stale: set[date | None] = set()
        read_with = of_reading(settings)
        loads = connection.execute(
            "SELECT export_day, source_file, file_state, content_hash, rows_read, is_final, read_with FROM loads"
        )
        for day, address, state, content, rows, is_final, reading in loads.fetchall():
            self._states[day].add((address, state))
            self._hashes[day].add((address, content))
            self.rows[day] += rows
            if rows:
                self._with_rows[day].add(content)
            if is_final:
                self._final.add(day)
            if reading != read_with:
                self.stale.add(day)

    def vanished(self, days: Container[date], undated: Set[str] = frozenset()) -> list[date]:
        """The loaded days that are not among those given; one whose file no longer tells its day is not gone."""
        gone = [day for day in self._states if day is not None and day not in days]
        return sorted(day for day in gone if not self.addresses(day) & undated)

    def addresses(self, day: date | None) -> set[str]:
        """The addresses of the files that a day stands on."""
        return {address for address, _ in self._states.get(day, ())}

    def are_unchanged(self, day: date | None, files: Sequence[ExportFile]) -> bool:
        """Whether the store tells of these files what it told when they were loaded, and they would be read alike."""
        return day not in self.stale and self.fit(day, files)

    def fit(self, day: date | None, files: Sequence[ExportFile]) -> bool:
        """Whether the store tells of these files what it told when they were loaded, however they were read."""
        return self._states.get(day, set()) == {(file.address, file.state) for file in files}

    def dated(self, files: Sequence[ExportFile]) -> list[ExportFile]:
        """Give files whose names tell no day the day that their rows told when they were loaded."""
        days = {address: day for day, states in self._states.items() for address, _ in states}
        return [file if file.day else replace(file, day=days.get(file.address)) for file in files]

    def hold_the_same(self, day: date | None, files: Sequence["DayFile"]) -> bool:
        """Whether the content of these files is what was loaded."""
        now = {(file.file.address, file.content_hash) for file in files}
        return day not in self.stale and self._hashes.get(day, set()) == now

    def are_whole(self, day: date | None, files: Sequence[ExportFile]) -> bool:
        """Whether all files that a day stands on are among these; so they are where none is loaded."""
        return self.addresses(day) <= {file.address for file in files}

    def lose_rows(self, day: date, files: Sequence["DayFile"]) -> bool:
        """Whether a loaded file with rows is not among these, whatever they are called."""
        return not self._with_rows.get(day, set()) <= {file.content_hash for file in files}

    def are_in_part(self, day: date, files: Sequence["DayFile"]) -> bool:
        """Whether rows that are loaded are gone, and nothing came that would take their place.

        What GA4 wrote for the time being takes no place of a daily table.
        """
        is_new = bool({file.content_hash for file in files} - {content for _, content in self._hashes.get(day, ())})
        is_lesser = day in self._final and not any(file.file.is_final for file in files)
        return self.lose_rows(day, files) and (is_lesser or not is_new)

    def differences(self, day: date | None, files: Sequence["DayFile"]) -> set[str]:
        """The addresses of files that came, went or changed; all of them where they were read otherwise."""
        now = {(file.file.address, file.content_hash) for file in files}
        before = self._hashes.get(day, set())
        return {address for address, _ in (now | before if day in self.stale else now ^ before)}

    def note_states(self, files: Sequence["DayFile"]) -> None:
        """Put down what the store tells now of files whose content is the same."""
        for file in files:
            self._connection.execute(
                "UPDATE loads SET file_state = ? WHERE source_file = ?", [file.file.state, file.file.address]
            )
