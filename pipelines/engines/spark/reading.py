"""What tasks do with files, in the workers: with DuckDB, by the SQL of the local engine."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from models.settings import Settings
from models.sql import quoted_text, read_sql
from models.tables import EVENTS
from pipelines.accepting import KEY, faults, normalised_rows, put_twins_aside, rows_with, show_accepted
from pipelines.conforming import Conformed
from pipelines.engines.spark.exchange import new_folder
from pipelines.engines.spark.failures import SentError, sending
from pipelines.reading import DayFile, LocalFile, content_hash, local_copy
from pipelines.scratch import open_scratch

WRITTEN = {"accepted": EVENTS.column_names, "accepted_items": ["*"], "rejected": ["*"]}
"""The views that become Parquet, and their columns."""
TEXTS = pa.schema([("address", pa.string()), ("told", pa.string())])


@dataclass(frozen=True)
class Reading:
    """What the tasks over files are told.

    Args:
        parts: the files of each task.
        settings: how they are read.
        exchange: where what tasks make is written to.
    """

    parts: Sequence[Sequence[DayFile]]
    settings: Settings
    exchange: Path

    def hashes(self, part: int) -> pa.Table:
        """The hash of the content of each file."""
        with sending(), _local(self.parts[part]) as files:
            hashes = [content_hash(file.path) for file in files]
            return pa.table([[file.file.address for file in files], hashes], TEXTS)

    def faults(self, part: int) -> pa.Table:
        """The files that cannot be read, each with what is wrong, as it is sent."""
        with sending(), _local(self.parts[part]) as files, self._scratch() as connection:
            found = {
                file.address: str(SentError(error)) for file, error in faults(connection, files, self.settings).items()
            }
            return pa.table([list(found), list(found.values())], TEXTS)

    def keys(self, part: int) -> pa.Table:
        """How many acceptable rows have each key."""
        with self._opened(part) as (connection, _):
            counted = "SELECT key, count(*) AS rows FROM export_keys WHERE reason IS NULL GROUP BY key"
            return _rows(connection, f"SELECT {part}::INTEGER AS part, * FROM ({counted})")

    def contents(self, part: int, keys: pa.Table) -> pa.Table:
        """What decides among the rows whose keys other rows have too."""
        with self._opened(part) as (connection, opened):
            connection.register("shared_keys", keys)
            put_twins_aside(connection, opened, self.settings, rows_with("SELECT key FROM shared_keys"))
            return _rows(connection, f"SELECT {part}::INTEGER AS part, {KEY} AS key, * FROM twin_contents")

    def ranks(self, contents: pa.Table) -> pa.Table:
        """Tell duplicates and ranks among all rows that share some keys."""
        with self._scratch() as connection:
            connection.register("twin_contents", contents)
            ranks = f"({read_sql('loading/twins')}) AS ranks"
            return _rows(
                connection, f"SELECT part, ranks.* FROM {ranks} JOIN twin_contents USING (source_file, row_number)"
            )

    def write(self, part: int, ranks: pa.Table) -> pa.Table:
        """Write the rows that are events, their items, and those for the quarantine; the counts of each file."""
        with self._opened(part) as (connection, opened):
            folder = new_folder(self.exchange)
            connection.register("twins", ranks)
            put_twins_aside(connection, opened, self.settings, "SELECT source_file, row_number FROM twins")
            show_accepted(connection)
            for view, columns in WRITTEN.items():
                target = quoted_text(str(folder / f"{view}.parquet"))
                connection.execute(f"COPY (SELECT {', '.join(columns)} FROM {view}) TO {target} (FORMAT parquet)")
            return _rows(connection, f"SELECT {quoted_text(str(folder))} AS folder, * FROM export_counts")

    @contextmanager
    def _opened(self, part: int) -> Iterator[tuple[duckdb.DuckDBPyConnection, Sequence[Conformed]]]:
        with (
            sending(),
            _local(self.parts[part]) as files,
            self._scratch() as connection,
            normalised_rows(connection, files, self.settings) as opened,
        ):
            yield connection, opened

    @contextmanager
    def _scratch(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with open_scratch(self.settings.memory_limit, threads=1) as connection:
            connection.execute("SET preserve_insertion_order = false")
            yield connection


@contextmanager
def _local(files: Sequence[DayFile]) -> Iterator[list[LocalFile]]:
    with ExitStack() as stack:
        paths = [stack.enter_context(local_copy(one.file)) for one in files]
        yield [LocalFile(one.file, one.day, path=path) for one, path in zip(files, paths, strict=True)]


def _rows(connection: duckdb.DuckDBPyConnection, query: str) -> pa.Table:
    return connection.sql(query).to_arrow_table()
