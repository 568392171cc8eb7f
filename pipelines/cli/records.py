"""Dagster's records of runs: where they are kept, and what a run that failed says."""

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, redirect_stderr
from io import StringIO
from pathlib import Path

import dagster as dg
from dagster_shared.error import SerializableErrorInfo
from sqlalchemy.exc import SQLAlchemyError

from models.errors import SojournError
from pipelines.cli.stopping import StoppedError
from pipelines.places import keeps_records

STOPPED = ("KeyboardInterrupt", "DagsterExecutionInterruptedError", "InterruptException")
QUERY_STOPPED = "RuntimeError: Query interrupted"
"""What DuckDB says of a query in which the signal came."""


class RunFailedError(SojournError):
    """A run that failed in a way that Sojourn did not foresee."""


class CheckFailedError(SojournError):
    """A blocking check that did not hold: nothing was published."""


@contextmanager
def named_failures() -> Iterator[None]:
    """Dagster keeps records of every run; where it cannot, the run cannot go on.

    Before it raises, Dagster writes the same to the standard error output, once for every record: that is left out.
    """
    try:
        with redirect_stderr(StringIO()):
            yield
    except (dg.DagsterError, SQLAlchemyError, OSError) as error:
        first = (str(error).strip().splitlines() or [type(error).__name__])[0]
        home = os.environ.get("DAGSTER_HOME", tempfile.gettempdir())
        raise RunFailedError(f"Dagster cannot keep its records in {home}: {first}") from error


def open_instance() -> dg.DagsterInstance:
    """The instance of dagster.yaml here or in DAGSTER_HOME; where there is none, one that leaves nothing behind."""
    if not keeps_records():
        return dg.DagsterInstance.ephemeral()
    os.environ.setdefault("DAGSTER_HOME", str(Path.cwd()))
    return dg.DagsterInstance.get()


def failure_of(checks: Iterable[dg.AssetCheckEvaluation], events: Iterable[dg.DagsterEvent]) -> SojournError:
    """What a failed run failed of: the checks that stopped it, else what its first step that failed raised."""
    lines = [told(check) for check in checks if not check.passed and check.severity == dg.AssetCheckSeverity.ERROR]
    if lines:
        return CheckFailedError(f"{'; '.join(lines)}; nothing was published")
    for event in events:
        if event.is_step_failure:
            return _as_raised(event)
    return RunFailedError("the run failed; `make dev` shows it in Dagster")


def warnings_of(checks: Iterable[dg.AssetCheckEvaluation]) -> list[str]:
    """What checks say that did not hold and stopped nothing, sorted."""
    return sorted(told(check) for check in checks if not check.passed and check.severity == dg.AssetCheckSeverity.WARN)


def told(check: dg.AssetCheckEvaluation) -> str:
    """What a check says, behind its table and its name."""
    return f"{check.asset_key.to_user_string()}: {check.check_name}: {check.description}"


def _as_raised(event: dg.DagsterEvent) -> SojournError:
    """The error that a step raised, by the name of its class; Dagster keeps only its text."""
    known = {kind.__name__: kind for kind in _kinds(SojournError)}
    text = "failed"
    for error in _chain(event.step_failure_data.error):
        if error.cls_name in STOPPED or QUERY_STOPPED in error.message:
            return StoppedError()
        if error.cls_name in known:
            failure = SojournError.__new__(known[error.cls_name])
            Exception.__init__(failure, error.message.partition(": ")[2].strip())
            return failure
        text = " ".join(error.message.split())
    return RunFailedError(f"{event.step_key}: {text}; this is a defect, please report it")


def _chain(error: SerializableErrorInfo | None) -> Iterator[SerializableErrorInfo]:
    """An error and what it came from, in turn: the first that is ours says it best."""
    while error is not None:
        yield error
        error = error.cause


def _kinds(kind: type[SojournError]) -> Iterable[type[SojournError]]:
    for child in kind.__subclasses__():
        yield child
        yield from _kinds(child)
