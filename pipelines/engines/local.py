"""The local engine: this process reads the files and rebuilds histories, some batches of people at a time."""

from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from itertools import chain, islice
from math import ceil

import duckdb
import polars as pl

from models.settings import Settings
from pipelines import accepting
from pipelines.batches import ahead, batches_of_people
from pipelines.engines import Days
from pipelines.exports import ExportError, ExportFile
from pipelines.followed import STORED, column_of, histories_query, insert_rows, needed_columns
from pipelines.marking import MARKS, changed_marks, note_marks
from pipelines.reading import LocalFile, content_hash, local_copy
from pipelines.scratch import open_scratch
from pipelines.touched import People
from pipelines.warehouse import first_row, transaction
from transforms.histories import Histories, rebuild_histories
from transforms.rules import Rules

STORED_TOGETHER = 16
"""Batches stored in one transaction."""
SORTED_ROWS = 20_000_000
"""Events put in order at once: to sort a hundred million does not fit into 1 GB, whatever is spilled."""
FOUND_FIRST = 2_000_000
"""Events whose places are found before all their columns are read: for the people of a night, in half of the time."""


class LocalEngine:
    """Works in this process, on the connection that writes."""

    chunk_bytes: float = 64 * 1024 * 1024

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @contextmanager
    def opened(self, days: Days) -> Iterator[list[LocalFile]]:
        """Give the files of days, copies of those that are elsewhere."""
        with ExitStack() as stack:
            yield [
                LocalFile(file, day, content_hash(path), path=path)
                for day, files in days.items()
                for file in files
                for path in [stack.enter_context(local_copy(file))]
            ]

    def accepted_rows(
        self, connection: duckdb.DuckDBPyConnection, files: Sequence[LocalFile]
    ) -> AbstractContextManager[None]:
        """Read the files with this connection."""
        return accepting.accepted_rows(connection, files, self._settings)

    def faults(self, days: Days) -> dict[ExportFile, ExportError]:
        """Read files one by one, with a connection of their own."""
        with open_scratch(self._settings.memory_limit) as scratch, ExitStack() as stack:
            files = [
                LocalFile(file, day, path=stack.enter_context(local_copy(file)))
                for day, files in days.items()
                for file in files
            ]
            return accepting.faults(scratch, files, self._settings)

    def rebuild(
        self, connection: duckdb.DuckDBPyConnection, rules: Rules, people: People, on_progress: Callable[[int], None]
    ) -> None:
        """Store one batch while the next is rebuilt and the one after it is read, some batches in one transaction.

        One transaction for all would hold on to memory for every batch, one for each would write everything twice.
        What goes wrong meanwhile waits until the batch is stored: a connection that writes cannot be rolled back.
        """
        with (
            closing(connection.cursor()) as reader,
            closing(_batches(reader, rules, self._settings.batch_rows, people)) as batches,
        ):
            while together := list(islice(batches, 1)):
                with transaction(connection), ThreadPoolExecutor(1) as storing:
                    stored: Future[None] | None = None
                    for batch in chain(together, islice(batches, STORED_TOGETHER - 1)):
                        histories = rebuild_histories(batch.drop(MARKS), rules)
                        if stored:
                            stored.result()
                        stored = storing.submit(_store, connection, histories, batch.select(MARKS))
                        on_progress(batch.height)
                    if stored:
                        stored.result()


def _batches(
    connection: duckdb.DuckDBPyConnection, rules: Rules, batch_rows: int, people: People
) -> Generator[pl.DataFrame]:
    """Hand over events in person, device and event order, in batches that are cut between people."""
    columns = [column_of(name) for name in needed_columns(rules.lifecycle)]
    queries = (histories_query(columns, devices, events) for devices, events in _parts(connection, people))
    read = chain.from_iterable(connection.sql(query).to_arrow_reader(batch_rows) for query in queries)
    return ahead(batches_of_people((pl.DataFrame(pl.from_arrow(batch)) for batch in read), batch_rows))


def _parts(connection: duckdb.DuckDBPyConnection, people: People) -> list[tuple[str, str]]:
    """Devices, and what to read their events from: parts with about SORTED_ROWS events each, a person's all in one."""
    counts = ", ".join(f"(SELECT count(*) FROM {table})" for table in ("events", people.devices, "devices"))
    events, own, devices = first_row(connection, f"SELECT {counts}") or (0, 0, 0)
    expected = events * own / max(devices, 1)
    if 0 < expected <= FOUND_FIRST and not people.are_all:
        return [(people.devices, _found(connection, people.devices))]
    parts = ceil(expected / SORTED_ROWS)
    return [(f"(FROM {people.devices} WHERE hash(person_id) % {parts} = {part})", "events") for part in range(parts)]


def _found(connection: duckdb.DuckDBPyConnection, devices: str) -> str:
    """The events of devices, found by reading no other column of all events."""
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE found AS SELECT rowid AS place FROM events SEMI JOIN {devices} USING (device_id)"
    )
    return "(FROM events WHERE rowid IN (FROM found))"


def _store(connection: duckdb.DuckDBPyConnection, histories: Histories, marks: pl.DataFrame) -> None:
    for table in STORED:
        insert_rows(connection, table, getattr(histories, table.name).select(table.found_names))
    note_marks(connection, changed_marks(histories.events, marks))
