"""The published file among other programs: shown by one rename, read without anybody's log, whoever has it open.

DuckDB finds a database's write-ahead log by its name. A program that opened an earlier version for writing leaves its
log beside the next version, or makes it there later, and every reader would take it for a part of that.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from models.settings import Settings
from pipelines.build_failures import first_words
from pipelines.files import keep_modes, name_beside, sync
from pipelines.locking import is_build_shown
from pipelines.places import WarehouseError, build_path

try:
    import fcntl
except ImportError:  # Windows, where a file that is open cannot be replaced
    fcntl = None  # type: ignore[assignment]

LOGS = (".wal", ".wal.checkpoint", ".wal.recovery")
"""What DuckDB writes beside a database that is open for writing, and reads with it."""
HELD = "lock on file"
WRITABLE = 0o222


class OpenForWritingError(WarehouseError):
    """A published file that another program has open for writing, as DuckDB's clients do unless told otherwise."""

    is_transient = True


def show(draft: Path, settings: Settings) -> list[str]:
    """Rename a whole file over the published one, and see to it that no log is read into it.

    A log that lies beside it is set aside under another name. Where a program still has the version before open for
    writing, the name of its log becomes a link to nowhere: it cannot write there what belongs to another file. The new
    file passes for the old one in modes, owner and group; the first one is there to be read, not to be written.

    Args:
        draft: the file, on the disk and on the same file system.
        settings: where the published file stands.

    Returns:
        warnings, a line each.

    Raises:
        OSError: if that cannot be done; what is published is then whole, the one or the other.
    """
    target = settings.database
    if target.exists():
        keep_modes(target, draft)
    else:
        draft.chmod(draft.stat().st_mode & ~WRITABLE)
    with _kept_open(target) as before:
        warnings = _part_from_logs(target, before)
        draft.replace(target)
        sync(target.parent)
        warnings += _part_from_logs(target, before)
    return list(dict.fromkeys(warnings))


def logs_beside(database: Path) -> list[Path]:
    """The logs of other programs that lie beside a database; a link to nowhere is none."""
    logs = (database.with_name(f"{database.name}{ending}") for ending in LOGS)
    return [log for log in logs if os.path.lexists(log) and not _is_guard(log)]


@contextmanager
def open_published(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open what is published for reading; no run has to wait for it.

    A log that lies beside it belongs to another program: it is not read. Within the run that published it, its twin is
    read, the build file, which nobody else can have open.

    Raises:
        OpenForWritingError: if another program has the file open for writing.
        WarehouseError: if there is none, or it cannot be read, or comes from another version of Sojourn.
    """
    if not settings.database.exists():
        raise WarehouseError(f"nothing is published at {settings.database} yet: `sojourn run EXPORTS` loads exports")
    if is_build_shown(settings):
        with duckdb.connect(build_path(settings), read_only=True) as connection:
            yield connection
        return
    with (
        named_failures(settings),
        without_logs(settings.database) as path,
        duckdb.connect(path, read_only=True) as connection,
    ):
        yield connection


@contextmanager
def named_failures(settings: Settings) -> Iterator[None]:
    """Say in one line why the published file cannot be read, and what to do.

    Raises:
        OpenForWritingError, WarehouseError: in place of what DuckDB raises.
    """
    try:
        yield
    except duckdb.Error as error:
        first = first_words(error)
        if HELD in first:
            raise OpenForWritingError(
                f"{settings.database} is open for writing in another program: {first}; close it there, or open it"
                " there for reading only"
            ) from error
        raise WarehouseError(f"{settings.database} cannot be read: {first}; `sojourn run` publishes it anew") from error


@contextmanager
def without_logs(database: Path) -> Iterator[Path]:
    """A name of a database under which DuckDB finds no log: its own, where none lies beside it.

    Where none can be made, on a file system without hard links or in a folder of somebody else, it is its own, too.
    """
    if not logs_beside(database):
        yield database
        return
    name = name_beside(database)
    try:
        os.link(database, name)
    except OSError:
        yield database
        return
    try:
        yield name
    finally:
        name.unlink(missing_ok=True)


def _part_from_logs(target: Path, before: int | None) -> list[str]:
    """Set logs aside, and keep others from being made; what there is to say about it."""
    warnings = []
    for log in logs_beside(target):
        aside = log.with_name(f"{target.name}.set-aside-{datetime.now(UTC):%Y-%m-%dT%H-%M-%S.%f}Z{log.suffix}")
        log.replace(aside)
        warnings.append(
            f"{log.name} lay beside the published file: another program opened that for writing. What it wrote is no"
            f" part of what is published; it is kept as {aside.name}. Open {target.name} for reading only"
        )
    log = target.with_name(f"{target.name}{LOGS[0]}")
    if before is not None and _is_open_for_writing(before) and not _is_guard(log):
        with suppress(FileExistsError):
            log.symlink_to(os.devnull)
        warnings.append(
            f"a program still has an earlier version of {target.name} open for writing: close it there. So that it"
            f" cannot write into this version, {log.name} is a link to {os.devnull}; it may stay"
        )
    return warnings


def _is_guard(log: Path) -> bool:
    return log.is_symlink() and os.readlink(log) == os.devnull  # noqa: PTH115 - a path would be normalised


@contextmanager
def _kept_open(path: Path) -> Iterator[int | None]:
    """A descriptor of a file, to ask for locks on it when its name has gone to another; none without such a file."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except OSError:
        yield None
        return
    try:
        yield handle
    finally:
        os.close(handle)


def _is_open_for_writing(handle: int) -> bool:
    """Whether another process has DuckDB's lock of a writer on a file; where that cannot be told, it may."""
    if fcntl is None:
        return False
    try:
        fcntl.lockf(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    fcntl.lockf(handle, fcntl.LOCK_UN)
    return False
