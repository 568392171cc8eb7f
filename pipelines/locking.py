"""One run at a time: a lock of the kernel's beside the database, held from a run's first asset to its last."""

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from models.settings import Settings
from pipelines.places import WarehouseError, lock_path

POLL_SECONDS = 0.2
LOG = logging.getLogger(__name__)
Tell = Callable[[str], None]

_locks: dict[Path, FileLock] = {}
_shown: set[Path] = set()
"""The locks of databases whose build file is published as it stands, for as long as this process holds them."""


class LockedError(WarehouseError):
    """A database that another run was still writing when the wait was over."""

    is_transient = True


@contextmanager
def run_lock(settings: Settings, tell: Tell = LOG.warning) -> Iterator[None]:
    """Hold the lock of the database for what is done within.

    Raises:
        LockedError: if another process holds it for longer than `lock_wait`.
        WarehouseError: if the directory of the database cannot be written.
    """
    take_lock(settings, tell)
    try:
        yield
    finally:
        _shown.discard(_path(settings))
        _lock(settings).release(force=True)


@contextmanager
def lock_if_free(settings: Settings) -> Iterator[bool]:
    """Hold the lock of the database for what is done within, if nobody else holds it; whether that is so."""
    lock = _lock(settings)
    try:
        lock.acquire(blocking=False)
    except (Timeout, OSError):
        yield False
        return
    try:
        yield True
    finally:
        lock.release(force=True)


def take_lock(settings: Settings, tell: Tell = LOG.warning) -> None:
    """Take the lock of the database, unless this process holds it already, and keep it.

    A run of Dagster's is a process of its own whose steps open the build file one after the other: between two of them
    nobody else may write. So the lock lasts until `run_lock` ends or the process does, however it ends: the kernel
    frees it, and a killed run leaves nothing to clean up.

    Args:
        settings: the database, and how long to wait.
        tell: is told once that the run waits, and for whom.

    Raises:
        LockedError: if another process holds it for longer than `lock_wait`.
        WarehouseError: if the directory of the database cannot be written.
    """
    lock, folder = _lock(settings), settings.database.parent
    if lock.is_locked:
        return
    _shown.discard(_path(settings))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _wait(lock, settings, tell)
    except OSError as error:
        raise WarehouseError(f"{folder} cannot be written: {error.strerror or error}") from error


def note_build_is_shown(settings: Settings, is_shown: bool) -> None:
    """Put down whether the build file is what is published, to be called by who holds the lock.

    From then on, and until this process gives the lock back, `open_published` reads the build file, which nobody else
    can hold: it must be closed.
    """
    (_shown.add if is_shown else _shown.discard)(_path(settings))


def is_build_shown(settings: Settings) -> bool:
    """Whether this process holds the lock and has published the build file as it stands."""
    return _path(settings) in _shown and _lock(settings).is_locked


def free_locks() -> None:
    """Free all that this process holds, as its end does."""
    _shown.clear()
    while _locks:
        _locks.popitem()[1].release(force=True)


def is_running(settings: Settings) -> bool | None:
    """Whether another process holds the lock now; None where that cannot be told.

    Raises nothing and leaves nothing behind; a run that starts at this very moment asks again a moment later.
    """
    path = lock_path(settings)
    if not path.exists():
        return False
    try:
        with FileLock(path, blocking=False):
            return False
    except Timeout:
        return True
    except OSError:
        return None


def holder(settings: Settings) -> int | None:
    """The process that took the lock last, as it put down; None where it could not."""
    try:
        return int(lock_path(settings).read_text())
    except (OSError, ValueError):
        return None


def _path(settings: Settings) -> Path:
    return lock_path(settings).absolute()


def _lock(settings: Settings) -> FileLock:
    path = _path(settings)
    return _locks.setdefault(path, FileLock(path, thread_local=False, poll_interval=POLL_SECONDS, on_acquired=_sign))


def _sign(handle: int) -> None:
    """Put down which process holds the lock; on a full disk it stays untold."""
    with suppress(OSError):
        os.ftruncate(handle, 0)
        os.write(handle, f"{os.getpid()}\n".encode())


def _wait(lock: FileLock, settings: Settings, tell: Tell) -> None:
    seconds = settings.lock_wait.total_seconds()
    try:
        lock.acquire(blocking=False)
    except Timeout:
        tell(f"{settings.database} is being written by {_who(settings)}; waiting for it, at most {seconds:g} seconds")
    else:
        return
    try:
        lock.acquire(timeout=seconds)
    except Timeout:
        raise LockedError(
            f"{settings.database} is still being written by {_who(settings)} after {seconds:g} seconds;"
            " wait for that run to end, or stop it, and run again"
        ) from None


def _who(settings: Settings) -> str:
    pid = holder(settings)
    return f"another run (process {pid})" if pid else "another run"
