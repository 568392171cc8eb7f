"""The private build file: opened by one process at a time, filled by a run, and never seen by analysts."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from models.dictionary import README, readme_view
from models.ga4 import AUTOMATIC_EVENTS, NATURAL_ORDER
from models.macros import MACROS
from models.settings import Settings, SettingsError
from models.sql import quoted_text, read_sql
from models.tables import OWN, RECENT, TABLES, Table
from pipelines.build_failures import DAMAGED, first_words, named_failures
from pipelines.carrying import carry_over
from pipelines.files import sync
from pipelines.locking import note_build_is_shown, take_lock
from pipelines.places import WarehouseError, build_path
from pipelines.published_file import HELD, OpenForWritingError, without_logs

STORAGE_VERSION = "v1.4.0"
"""That of the oldest release of DuckDB whose drivers are to read the published file: the first with long support."""
UNUSED_COMPRESSION = "fsst"
"""To try it on every text costs a fifth of the time of writing, and it makes the file 2 % smaller."""
TIDYING = 100
"""Tasks in which a checkpoint puts row groups together that are not full, where it is asked to."""
STORED = (*TABLES.values(), *RECENT, *OWN)
BUILD_OF = "build_of"
"""Under this name a build file says which published file it is of."""


class HeldError(WarehouseError):
    """A build file that another process holds, for as long as that runs."""

    is_transient = True


@contextmanager
def open_build(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the build file for writing, with every table of the contracts in it.

    This process is the only writer from then on, even while the file is closed: see `take_lock`.

    A build file whose tables are not those of the contracts, or of another storage version, comes from another version
    of Sojourn: it is made anew, and takes over what was loaded; where there is none, from the published file. Where
    only comments or macros differ, they are renewed.

    Raises:
        LockedError: if another run writes the database for longer than `lock_wait`.
        HeldError: if another process holds the file.
        WarehouseError: if the directory cannot be written.
        SettingsError: if memory_limit is no amount of memory, or the published or the build file is not Sojourn's.
    """
    path = build_path(settings)
    if not path.exists():
        _check_published(settings)
    take_lock(settings)
    note_build_is_shown(settings, is_shown=False)
    with named_failures(settings), closing(_open(path, settings)) as connection:
        yield connection


def begin_anew(settings: Settings) -> None:
    """Put a build file without a row in the place of what is there, whatever was loaded or published.

    Raises:
        LockedError, WarehouseError, SettingsError: as `open_build`.
    """
    path = build_path(settings)
    if not path.exists():
        _check_published(settings)
    take_lock(settings)
    note_build_is_shown(settings, is_shown=False)
    with named_failures(settings):
        if path.exists():
            with closing(_connect(path, settings)) as connection:
                _checked_versions(connection, path, settings)
        _make_anew(path, settings, None)


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
            # A signal that comes just as it begins leaves it to the garbage collector, when the connection is closed
            # and has rolled it back.
            with suppress(duckdb.ConnectionException):
                connection.rollback()


def make_anew(connection: duckdb.DuckDBPyConnection, tables: Iterable[Table]) -> None:
    """Make tables anew, empty: to delete millions of rows takes memory for each until that is committed."""
    for table in tables:
        connection.execute(table.ddl.replace("CREATE TABLE", "CREATE OR REPLACE TABLE"))
        connection.execute(";\n".join(_comments_on(table)))


def checkpoint_whole(connection: duckdb.DuckDBPyConnection, tidies: bool) -> None:
    """Bring all that was written into the file.

    Args:
        connection: the build file.
        tidies: puts row groups together that are not full, and leaves out the rows deleted from them. No other
            checkpoint does that: each would write what the one before it wrote once more.
    """
    connection.execute(f"SET max_vacuum_tasks = {TIDYING if tidies else 0}")
    connection.execute("CHECKPOINT")
    connection.execute("SET max_vacuum_tasks = 0")


def _check_published(settings: Settings) -> None:
    """Publishing replaces what stands at `database`, which may be somebody else's."""
    if settings.database.exists() and not _is_ours(settings.database):
        raise SettingsError(
            f"setting 'database' is {settings.database}, which was not published by Sojourn and would be replaced:"
            " name another file, or move it away"
        )


def _is_ours(path: Path) -> bool:
    """Whether a file was published by Sojourn.

    Raises:
        OpenForWritingError: if another program has it open for writing, so that it cannot be told.
    """
    try:
        with without_logs(path) as name, duckdb.connect(name, read_only=True) as connection:
            return _found_versions(connection) is not None
    except duckdb.Error as error:
        if HELD in str(error):
            raise OpenForWritingError(
                f"{path} is open for writing in another program: {first_words(error)}; close it there, and run again"
            ) from error
        return False


def _checked_versions(connection: duckdb.DuckDBPyConnection, path: Path, settings: Settings) -> tuple[str, str] | None:
    """What a build file says that it was made from; it is made anew wherever that helps, so it must be Sojourn's.

    Raises:
        SettingsError: if it is somebody else's, or belongs to a database of a similar name that is there.
    """
    found = _found_versions(connection)
    if found is None:
        if first_row(connection, "FROM (SHOW ALL TABLES)"):
            raise SettingsError(
                f"{path}, where the build file of {settings.database} would stand, was not made by Sojourn and would be"
                " replaced: name another database, or move that file away"
            )
        return None
    row = first_row(connection, "SELECT value FROM memory WHERE name = ?", [BUILD_OF])
    if row and row[0] != settings.database.name and path.with_name(row[0]).exists():
        raise SettingsError(
            f"{path} is the build file of {path.with_name(row[0])}, which {settings.database} would share: name"
            " another database"
        )
    return found


def _open(path: Path, settings: Settings) -> duckdb.DuckDBPyConnection:
    with ExitStack() as stack:
        connection = stack.enter_context(closing(_connect(path, settings)))
        found = _checked_versions(connection, path, settings)
        if found is None or found[0] != _versions()[0]:
            connection.execute("CHECKPOINT")
            connection.close()
            if found:
                _make_anew(path, settings, path)
            else:
                _check_published(settings)
                with without_logs(settings.database) as published:
                    _make_anew(path, settings, published if published.exists() else None)
            connection = stack.enter_context(closing(_connect(path, settings)))
            found = _versions()
        connection.execute("SET timezone = 'UTC'")
        connection.execute("SET enable_progress_bar = false")
        if found != _versions():
            _prepare(connection)
        stack.pop_all()
    return connection


def _make_anew(path: Path, settings: Settings, source: Path | None) -> None:
    """Make a build file beside its place, with what was loaded in another, and rename it into place.

    Killed at any moment it leaves the old file whole, or the new one.
    """
    draft = path.with_name(f".{path.name}.new")
    _remove(draft)
    try:
        with closing(_connect(draft, settings)) as connection:
            _prepare(connection)
            if source:
                carry_over(connection, source)
            connection.execute("INSERT INTO memory VALUES (?, ?)", [BUILD_OF, settings.database.name])
            connection.execute("CHECKPOINT")
        sync(draft)
        _log_of(path).unlink(missing_ok=True)
        draft.replace(path)
        sync(path.parent)
    finally:
        _remove(draft)


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
        raise SettingsError(f"setting 'memory_limit' is {settings.memory_limit!r}: {first_words(error)}") from None
    except (duckdb.IOException, OSError) as error:
        if "lock" in str(error):
            raise HeldError(
                f"{path} is held by another process: {first_words(error)}; wait for that run to end, or stop it"
            ) from error
        if DAMAGED.search(str(error)):
            raise
        raise WarehouseError(f"{path} cannot be opened: {first_words(error)}") from error


def _remove(path: Path) -> None:
    for file in (path, _log_of(path)):
        file.unlink(missing_ok=True)


def _log_of(path: Path) -> Path:
    """Where DuckDB writes what is not in the file yet."""
    return path.with_name(f"{path.name}.wal")


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
    """What tables and words are made from now: one fingerprint for all DDL, one for comments and macros.

    With the tables goes the form of the file, which stays what it is for as long as the file is written on.
    """
    return _fingerprint([STORAGE_VERSION, *(table.ddl for table in STORED)]), _fingerprint([*macros(), *_words()])


def _fingerprint(statements: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(statements).encode()).hexdigest()


def _prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the tables that are missing, and write all that tells of them and all macros, whole or not at all."""
    tables = [table.ddl.replace("CREATE TABLE", "CREATE TABLE IF NOT EXISTS") for table in STORED]
    version = f"CREATE OR REPLACE MACRO build_version() AS '{' '.join(_versions())}'"
    with transaction(connection):
        connection.execute(";\n".join(["CREATE SCHEMA IF NOT EXISTS recent", *macros(), *tables, *_words(), version]))


def macros() -> list[str]:
    """The statements that make the macros of the file: natural_rank, is_automatic, and those of the marts."""
    ranks = " ".join(f"WHEN '{name}' THEN {rank}" for rank, name in enumerate(NATURAL_ORDER))
    natural = f"CREATE OR REPLACE MACRO natural_rank(name) AS CASE name {ranks} ELSE {len(NATURAL_ORDER)} END::UTINYINT"
    names = ", ".join(quoted_text(name) for name in AUTOMATIC_EVENTS)
    automatic = f"CREATE OR REPLACE MACRO is_automatic(event_name) AS coalesce(event_name IN ({names}), false)"
    return [natural, automatic, read_sql("marts/macros").strip().rstrip(";")]


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
