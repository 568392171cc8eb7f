"""Trying again: what can pass by itself is tried once more after a while, what cannot fails at once."""

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from models.errors import SojournError
from models.settings import Settings


@contextmanager
def retrying(settings: Settings) -> Iterator[None]:
    """Ask Dagster to run the step again where the failure within may pass by itself, each time after twice the wait.

    A store that does not answer and a file that another process holds may pass; bad input, a bad lifecycle and a full
    disk do not. A retry policy of Dagster's would try those again as well. The last failure is what the run ends with.

    Args:
        settings: `retries` and `retry_wait` are used.

    Raises:
        dagster.RetryRequested: in place of such a failure, while there are tries left.
    """
    try:
        yield
    except SojournError as error:
        tries = dg.OpExecutionContext.get().retry_number
        if not error.is_transient or tries >= settings.retries:
            raise
        wait = settings.retry_wait.total_seconds() * 2**tries
        raise dg.RetryRequested(max_retries=settings.retries, seconds_to_wait=wait) from error
