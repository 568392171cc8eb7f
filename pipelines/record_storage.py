"""Where Dagster keeps its records: its own SQLite storage, with connections that stay open. Pruning is in `books.py`.

Dagster opens each of its files anew for every event, and closes it: each time SQLite brings the log into the file and
waits for the disk, a thousand times in a first run of three months. Batches of events (`DAGSTER_EVENT_BATCH_SIZE`) are
none here: its storage in SQLite stores the events of a batch one by one.
"""

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from sqlite3 import Connection as SqliteConnection
from typing import Any

from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.runs import SqliteRunStorage
from dagster._core.storage.sqlite_storage import DagsterSqliteStorage
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, Engine, create_engine, event

OPEN_FILES = 8
"""Files of events that stay open: that of all runs, and those of the runs that were last written or read."""
LOCK_WAIT_SECONDS = 60
"""How long a file is waited for that another process writes, as in Dagster's own storage."""


class PooledStorage(DagsterSqliteStorage):
    """Dagster's SQLite storage on pooled connections; named in `dagster.yaml`."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        _write_ahead()
        super().__init__(base_dir, inst_data)
        self._run_storage = PooledRunStorage(self._run_storage._conn_string)
        self._event_log_storage = PooledEventLogStorage(self._event_log_storage._base_dir)

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Any) -> "PooledStorage":
        """Open the storage that `dagster.yaml` describes."""
        return cls.from_local(inst_data=inst_data, **config_value)


class PooledRunStorage(SqliteRunStorage):
    """Dagster's storage of runs, on one file that stays open."""

    def __init__(self, conn_string: str) -> None:
        super().__init__(conn_string)
        self._engine = create_engine(conn_string)

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        """Begin a transaction, which is committed at the end."""
        with self._engine.begin() as connection:
            yield connection

    def dispose(self) -> None:
        """Close the file."""
        self._engine.dispose()


class PooledEventLogStorage(SqliteEventLogStorage):
    """Dagster's storage of events, a file a run and one of all, of which the last used stay open."""

    def __init__(self, base_dir: str) -> None:
        self._engines = OrderedDict[str, Engine]()
        self._tables = set[str]()
        super().__init__(base_dir)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock:
            engine = self._engine(shard)
            if shard not in self._initialized_dbs:
                self._initdb(engine)
                self._initialized_dbs.add(shard)
            with engine.begin() as connection:
                yield connection

    def _engine(self, shard: str) -> Engine:
        if shard not in self._engines:
            wait = {"timeout": LOCK_WAIT_SECONDS}
            self._engines[shard] = create_engine(self.conn_string_for_shard(shard), connect_args=wait)
        self._engines.move_to_end(shard)
        if len(self._engines) > OPEN_FILES:
            _, unused = self._engines.popitem(last=False)
            unused.dispose()
        return self._engines[shard]

    def has_table(self, table_name: str) -> bool:
        """Tell whether there is a table; one that was found once is looked for no more."""
        if table_name not in self._tables and super().has_table(table_name):
            self._tables.add(table_name)
        return table_name in self._tables

    def dispose(self) -> None:
        """Close all files."""
        super().dispose()
        for engine in self._engines.values():
            engine.dispose()


def _write_ahead() -> None:
    """Have every connection to SQLite in this process write ahead and wait for the disk only when it must.

    What a killed process recorded stays; a power cut may take the last records, and leaves the files whole.
    """
    if not event.contains(Engine, "connect", _set_pragmas):
        event.listen(Engine, "connect", _set_pragmas)


def _set_pragmas(connection: Any, _record: Any) -> None:
    if isinstance(connection, SqliteConnection):
        connection.execute("PRAGMA journal_mode = WAL").fetchall()
        connection.execute("PRAGMA synchronous = NORMAL").fetchall()
