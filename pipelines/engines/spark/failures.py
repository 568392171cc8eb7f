"""Failures on Spark: those of Sojourn come back from a worker as they were raised, all others as one line."""

import json
import re
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from models.errors import SojournError, UserError
from models.settings import SettingsError
from pipelines.exports import ExportError, StoreError, first_line

SENT = re.compile(r"sojourn-failure\(([\w+/=]+)\)")


class SparkMissingError(UserError):
    """A machine on which Spark cannot be started."""


class SparkError(SojournError):
    """A cluster that does not answer, has no worker to give, or gave a job up."""

    is_transient = True


KINDS = {kind.__name__: kind for kind in (ExportError, StoreError, SettingsError, SparkError, UserError, SojournError)}
"""What failures come back as: the nearest of these, for a text can name nothing else."""


class SentError(Exception):
    """A failure of Sojourn on its way from a worker: Spark hands on nothing but the text of it."""

    def __init__(self, error: SojournError) -> None:
        kind = next(one.__name__ for one in type(error).__mro__ if one.__name__ in KINDS)
        told = json.dumps([kind, str(error), vars(error)])
        super().__init__(f"sojourn-failure({b64encode(told.encode()).decode()})")


@contextmanager
def sending() -> Iterator[None]:
    """Send failures of Sojourn from a worker to the driver.

    Raises:
        SentError: in place of such a failure.
    """
    try:
        yield
    except SojournError as error:
        raise SentError(error) from error


@contextmanager
def receiving(master: str, log: Path) -> Iterator[None]:
    """Raise what a worker sent, and tell in one line what else went wrong with Spark.

    Args:
        master: the cluster, for the message.
        log: where Spark says more.

    Raises:
        SojournError: as a worker raised it.
        SparkError: for all else that Spark gave up for.
    """
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        yield
    except (PySparkException, Py4JError, ConnectionError) as error:
        if sent := received(str(error)):
            raise sent from error
        raise SparkError(f"Spark at {master} gave up: {_cause(error)}; {log} says more") from error


def received(text: str) -> SojournError | None:
    """The failure that a text holds, if one was sent in it; a row of an export can look like one, and runs nothing."""
    for sent in SENT.findall(text):
        with suppress(ValueError, TypeError, KeyError):
            kind, line, more = json.loads(b64decode(sent))
            error = KINDS[kind](line)
            vars(error).update(more)
            return error
    return None


def _cause(error: Exception) -> str:
    """The line of a failure that tells most: a worker's last one, or that of the job."""
    lines = [line.strip(": ") for line in str(error).splitlines()]
    told = [line for line in lines if re.match(r"(\w+\.)*\w*(Error|Exception|aborted|Lost)\b.*\S", line)]
    return (told or [first_line(error)])[0]
