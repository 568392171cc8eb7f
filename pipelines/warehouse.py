"""The private build file: opened by one process at a time, filled by a run, and never seen by analysts."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from models.dictionary import README, readme_view
from models.ga4 import NATURAL_ORDER
from models.macros import MACROS
from models.settings import Settings, SettingsError
from models.sql import quoted_text, read_sql
from models.tables import OWN, TABLES, Table
from pipelines.locking import take_lock
from pipelines.places import WarehouseError, build_path

STORAGE_VERSION = "v1.0.0"
UNUSED_COMPRESSION = "fsst"
"""To try it on every text costs a fifth of the time of writing, and it makes the file 2 % smaller."""
TIDYING = 100
"""Tasks in which a checkpoint puts row groups together that are not full, where it is asked to."""
# A commit that finds no room is a TransactionException; what comes after it on the same file is a FatalException.
WRITING_ERRORS = (duckdb.IOException, duckdb.TransactionException, duckdb.FatalException)
OUT_OF_DISK = re.compile("No space left|max_temp_directory_size", re.IGNORECASE)
OUT_OF_MEMORY = re.compile("out of memory|memory error|failed to (allocate|pin)|could not allocate", re.IGNORECASE)
DAMAGED = re.compile("corrupt|not a valid DuckDB|could not read enough bytes|failed to deserialize", re.IGNORECASE)
"""What DuckDB says of these, by whatever kind of error: what comes after the first may be of any kind."""
STORED = (*TABLES.values(), *OWN)


class HeldError(WarehouseError):
    """A build file that another process holds, for as long as that runs."""

    is_transient = True


@contextmanager
def open_build(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the build file for writing, with every table of the contracts in it.

    This process is the only writer from then on, even while the file is closed: see `take_lock`.

    A build file whose tables are not those of the contracts comes from another version of Sojourn: it is made anew,
    empty, for all it held is in the exports. Where only comments or macros differ, they are renewed.

    Raises:
        LockedError: if another run writes the database for longer than `lock_wait`.
        HeldError: if another process holds the file.
        WarehouseError: if the directory cannot be written.
        SettingsError: if memory_limit is no amount of memory, or `database` is a file that is not Sojourn's.
    """
    path = build_path(settings)
    _check_published(settings)
    take_lock(settings)
    with _named_failures(settings), closing(_open(path, settings)) as connection:
        yield connection


def first_row(
    connection: duckdb.DuckDBPyConnection, query: str, parameters: Sequence[Any] = ()
) -> tuple[Any, ...] | None:
    """The first row of a small result, all of which is fetched.

    A result that is read by halves keeps its transaction open, and with that nothing that later ones change can be
    written to the file: it piles up in memory.
    """
    return next(iter(connection.execute(query, parameters).fetchall()), None)


@contextmanager
def transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Do all that is done within, or nothing of it."""
    connection.begin()
    is_done = False
    try:
        yield
        is_done = True
    finally:
        if is_done:
            connection.commit()
        else:
            connection.rollback()


def make_anew(connection: duckdb.DuckDBPyConnection, tables: Iterable[Table]) -> None:
    """Make tables anew, empty: to delete millions of rows takes memory for each until that is committed."""
    for table in tables:
        connection.execute(table.ddl.replace("CREATE TABLE", "CREATE OR REPLACE TABLE"))
        connection.execute(";\n".join(_comments_on(table)))


def checkpoint_whole(connection: duckdb.DuckDBPyConnection, tidies: bool) -> None:
    """Bring all that was written into the file, its metadata anew.

    What a checkpoint takes over of metadata as it was can lie in blocks that the file no longer lists: drivers before
    1.4 then cannot open it. Where nothing changed nothing is written anew, hence the comment.

    Args:
        connection: the build file.
        tidies: puts row groups together that are not full, and leaves out the rows deleted from them. No other
            checkpoint does that: each would write what the one before it wrote once more.
    """
    connection.execute(f"SET max_vacuum_tasks = {TIDYING if tidies else 0}")
    connection.execute("SET experimental_metadata_reuse = false")
    connection.execute(_comments_on(README, "VIEW")[0])
    connection.execute("CHECKPOINT")
    connection.execute("SET experimental_metadata_reuse = true")
    connection.execute("SET max_vacuum_tasks = 0")


def _check_published(settings: Settings) -> None:
    """Publishing replaces what stands at `database`: without a build file beside it, it may be somebody else's."""
    if build_path(settings).exists() or not settings.database.exists():
        return
    try:
        with duckdb.connect(settings.database, read_only=True) as connection:
            is_ours = _found_versions(connection) is not None
    except duckdb.Error:
        is_ours = False
    if not is_ours:
        raise SettingsError(
            f"setting 'database' is {settings.database}, which was not published by Sojourn and would be replaced:"
            " name another file, or move it away"
        )


@contextmanager
def _named_failures(settings: Settings) -> Iterator[None]:
    try:
        yield
    except (duckdb.Error, OSError, MemoryError) as error:
        fault = _fault(error, settings)
        if fault is None:
            raise
        raise WarehouseError(f"{build_path(settings)} {fault}") from error


def _fault(error: Exception, settings: Settings) -> str | None:
    """What is wrong with the machine or the build file, and what to do; none where neither is."""
    text, first = str(error), _first(error)
    if OUT_OF_DISK.search(text):
        return f"cannot be written: {first}; free some room on the disk and run again"
    if isinstance(error, (duckdb.OutOfMemoryException, MemoryError)) or OUT_OF_MEMORY.search(text):
        return f"needs more memory than memory_limit allows, {settings.memory_limit}: raise it, or free some ({first})"
    if DAMAGED.search(text):
        return f"is damaged ({first}): {_mend(settings)}"
    if isinstance(error, (*WRITING_ERRORS, OSError)):
        return f"cannot be written: {first}; free some room and run again"
    return None


def _mend(settings: Settings) -> str:
    """What to do about a damaged build file: what is published is a copy, days whose files are gone among it."""
    if settings.database.exists():
        return f"copy {settings.database} over it, delete the .wal beside it if there is one, and run again"
    return "delete it and run again, for all it holds is in the exports"


def _first(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _open(path: Path, settings: Settings) -> duckdb.DuckDBPyConnection:
    with ExitStack() as stack:
        connection = stack.enter_context(closing(_connect(path, settings)))
        found = _found_versions(connection)
        if found is None or found[0] != _versions()[0]:
            connection.close()
            _remove(path)
            connection = stack.enter_context(closing(_connect(path, settings)))
            found = None
        connection.execute("SET timezone = 'UTC'")
        connection.execute("SET enable_progress_bar = false")
        if found != _versions():
            _prepare(connection)
        stack.pop_all()
    return connection


def _connect(path: Path, settings: Settings) -> duckdb.DuckDBPyConnection:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return duckdb.connect(
            path,
            config={
                "storage_compatibility_version": STORAGE_VERSION,
                "memory_limit": settings.memory_limit,
                "temp_directory": str(path.with_suffix(".spill")),
                "autoinstall_known_extensions": "false",
                "disabled_compression_methods": UNUSED_COMPRESSION,
                "max_vacuum_tasks": "0",
            },
        )
    except duckdb.ParserException as error:
        raise SettingsError(f"setting 'memory_limit' is {settings.memory_limit!r}: {_first(error)}") from None
    except (duckdb.IOException, OSError) as error:
        if "lock" in str(error):
            raise HeldError(
                f"{path} is held by another process: {_first(error)}; wait for that run to end, or stop it"
            ) from error
        if DAMAGED.search(str(error)):
            raise
        raise WarehouseError(f"{path} cannot be opened: {_first(error)}") from error


def _remove(path: Path) -> None:
    for file in (path, path.with_name(f"{path.name}.wal")):
        file.unlink(missing_ok=True)


def _found_versions(connection: duckdb.DuckDBPyConnection) -> tuple[str, str] | None:
    """What the file says that its tables and its words were made from; null where it says nothing."""
    try:
        row = first_row(connection, "SELECT build_version()")
    except duckdb.CatalogException:
        return None
    tables, _, words = str(row[0] if row else "").partition(" ")
    return tables, words


@cache
def _versions() -> tuple[str, str]:
    """What tables and words are made from now: one fingerprint for all DDL, one for comments and macros."""
    return _fingerprint(table.ddl for table in STORED), _fingerprint([*macros(), *_words()])


def _fingerprint(statements: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(statements).encode()).hexdigest()


def _prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the tables that are missing, and write all that tells of them and all macros, whole or not at all."""
    tables = [table.ddl.replace("CREATE TABLE", "CREATE TABLE IF NOT EXISTS") for table in STORED]
    version = f"CREATE OR REPLACE MACRO build_version() AS '{' '.join(_versions())}'"
    with transaction(connection):
        connection.execute(";\n".join([*macros(), *tables, *_words(), version]))


def macros() -> list[str]:
    """The statements that make the macros of the file: the order of events at one instant, and those of the marts."""
    ranks = " ".join(f"WHEN '{name}' THEN {rank}" for rank, name in enumerate(NATURAL_ORDER))
    natural = f"CREATE OR REPLACE MACRO natural_rank(name) AS CASE name {ranks} ELSE {len(NATURAL_ORDER)} END::UTINYINT"
    return [natural, read_sql("marts/macros").strip().rstrip(";")]


def analyst_macros() -> list[str]:
    """The statements that make the macros over the tables, with their comments."""
    return [statement for macro in MACROS for statement in (macro.ddl, macro.described)]


def _words() -> list[str]:
    """What the file says of itself: the macros that ask its tables, the view README, and all comments."""
    comments = [comment for table in STORED for comment in _comments_on(table)]
    return [*analyst_macros(), readme_view(), *_comments_on(README, "VIEW"), *comments]


def _comments_on(table: Table, kind: str = "TABLE") -> list[str]:
    columns = [f'COLUMN {table.name}."{column.name}" IS {quoted_text(column.comment)}' for column in table.columns]
    return [f"COMMENT ON {what}" for what in (f"{kind} {table.name} IS {quoted_text(table.comment)}", *columns)]
