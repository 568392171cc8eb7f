"""Attempts: what stands alone is tried by itself, so that whatever keeps it from being done stops nothing else."""

import logging
import traceback
from collections.abc import Callable
from typing import TypeVar

from models.errors import SojournError

LOG = logging.getLogger(__name__)
INTERRUPTED = "Query interrupted"
"""What DuckDB says of a query in which a signal came that stops all."""
Log = Callable[[str], None]
Result = TypeVar("Result")


class DefectError(SojournError):
    """A failure that Sojourn did not foresee, told by its kind and its first line."""


def attempt(act: Callable[[], Result], log: Log = LOG.error) -> Result | SojournError:
    """Do something that stands alone.

    What stops all of a process, a signal or the end of it, is no failure of this one, and is raised.

    Args:
        act: does it.
        log: is given the traceback of a failure that was not foreseen.

    Returns:
        what came of it, or what kept it from being done.
    """
    try:
        return act()
    except SojournError as error:
        return error
    except Exception as error:
        if INTERRUPTED in str(error):
            raise
        log(traceback.format_exc())
        return defect(error)


def defect(error: Exception) -> DefectError:
    """What is told of a failure that was not foreseen."""
    first = next(iter(str(error).strip().splitlines()), "")
    return DefectError(f"{type(error).__name__}{f': {first}' if first else ''}; this is a defect, please report it")
