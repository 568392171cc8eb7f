"""What can go wrong with the build file, in one line: no room, no memory, or a file that is damaged."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from models.settings import Settings
from pipelines.places import WarehouseError, build_path

# A commit that finds no room is a TransactionException; what comes after it on the same file is a FatalException.
WRITING_ERRORS = (duckdb.IOException, duckdb.TransactionException, duckdb.FatalException)
OUT_OF_DISK = re.compile("No space left|max_temp_directory_size", re.IGNORECASE)
OUT_OF_MEMORY = re.compile("out of memory|memory error|failed to (allocate|pin)|could not allocate", re.IGNORECASE)
DAMAGED = re.compile("corrupt|not a valid DuckDB|could not read enough bytes|failed to deserialize", re.IGNORECASE)
"""What DuckDB says of these, by whatever kind of error: what comes after the first may be of any kind."""


@contextmanager
def named_failures(settings: Settings) -> Iterator[None]:
    """Say in one line what is wrong with the machine or the build file while that is used, and what to do.

    Raises:
        WarehouseError: in place of what DuckDB and the system raise.
    """
    try:
        yield
    except (duckdb.Error, OSError, MemoryError) as error:
        fault = _fault(error, settings)
        if fault is None:
            raise
        raise WarehouseError(f"{build_path(settings)} {fault}") from error


def _fault(error: Exception, settings: Settings) -> str | None:
    """What is wrong with the machine or the build file, and what to do; none where neither is."""
    text, first = str(error), first_words(error)
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


def first_words(error: Exception) -> str:
    """The first line of what an error says."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
