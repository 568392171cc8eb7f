"""`sojourn run`: Dagster's own job, run in this process on the instance of dagster.yaml."""

import logging
import os
import tempfile
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import dagster as dg
import duckdb
from dagster_shared.error import SerializableErrorInfo
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars
from sqlalchemy.exc import SQLAlchemyError

from models.errors import SojournError
from models.lifecycle import load_lifecycle
from models.settings import Settings, SettingsError
from pipelines.cli.funnel import funnel_table
from pipelines.days import find_days
from pipelines.definitions import NIGHT, build_definitions
from pipelines.marts import dimensions
from pipelines.progress import Progress
from pipelines.report.page import FILE_NAME
from pipelines.schedules import range_tags


class CheckFailedError(SojournError):
    """A blocking check that did not hold: nothing was published."""


class RunFailedError(SojournError):
    """A run that failed in a way that Sojourn did not foresee."""


class BarProgress(Progress):
    """Shows what a run does as bars in the terminal."""

    def __init__(self, bars: Bars) -> None:
        self._bars = bars
        self._task = bars.add_task("starting", total=None)

    def begin(self, what: str, total: int | None = None) -> None:
        """Show the next thing that is done, and the one before as finished."""
        self._bars.remove_task(self._task)
        self._task = self._bars.add_task(what, total=total)

    def advance(self, count: int = 1) -> None:
        """Move the bar on."""
        self._bars.advance(self._task, count)

    def tell(self, line: str) -> None:
        """Print a line that stays."""
        self._bars.console.print(line, markup=False)


def run_night(settings: Settings, console: Console) -> None:
    """Run the job over all days of the exports, then show the funnel and say where everything is.

    Raises:
        SojournError: what went wrong, as it was raised.
    """
    load_lifecycle(settings.lifecycle)
    dimensions(settings)
    days = list(find_days(settings).days)
    if days[0] < settings.start_date:
        raise SettingsError(
            f"setting 'start_date' is {settings.start_date}, but the exports begin on {days[0]}; set it to that day"
        )
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Bars(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
        result = _execute(settings, BarProgress(bars), days[0], days[-1])
    _raise_failure(result)
    _show(settings, console)


def _execute(settings: Settings, progress: Progress, first: date, last: date) -> dg.ExecuteInProcessResult:
    warnings.filterwarnings("ignore", category=dg.BetaWarning)
    logging.getLogger("dagster").setLevel(logging.CRITICAL)
    job = build_definitions(settings).resolve_job_def(NIGHT)
    with _named_failures(), _instance() as instance:
        return job.execute_in_process(
            instance=instance,
            tags=range_tags(first, last),
            resources={"settings": settings, "progress": progress},
            run_config={
                "ops": {"exports": {"config": {"is_whole": True}}},
                "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
            },
            raise_on_error=False,
        )


@contextmanager
def _named_failures() -> Iterator[None]:
    """Dagster keeps records of every run; where it cannot, the run cannot start."""
    try:
        yield
    except (dg.DagsterError, SQLAlchemyError, OSError) as error:
        first = (str(error).strip().splitlines() or [type(error).__name__])[0]
        home = os.environ.get("DAGSTER_HOME", tempfile.gettempdir())
        raise RunFailedError(f"Dagster cannot keep its records in {home}: {first}") from error


def _instance() -> dg.DagsterInstance:
    """The instance of dagster.yaml here or in DAGSTER_HOME; where there is none, one that leaves nothing behind."""
    if "DAGSTER_HOME" not in os.environ and Path("dagster.yaml").is_file():
        os.environ["DAGSTER_HOME"] = str(Path.cwd())
    return dg.DagsterInstance.get() if "DAGSTER_HOME" in os.environ else dg.DagsterInstance.ephemeral()


def _raise_failure(result: dg.ExecuteInProcessResult) -> None:
    if result.success:
        return
    failed = [check for check in result.get_asset_check_evaluations() if not check.passed]
    if failed:
        lines = [f"{check.asset_key.to_user_string()}: {check.check_name}: {check.description}" for check in failed]
        raise CheckFailedError(f"{'; '.join(lines)}; nothing was published")
    for event in result.all_events:
        if event.is_step_failure:
            raise _as_raised(event)
    raise RunFailedError("the run failed; `make dev` shows it in Dagster")


def _as_raised(event: dg.DagsterEvent) -> SojournError:
    """The error that a step raised, by the name of its class; Dagster keeps only its text."""
    known = {kind.__name__: kind for kind in _kinds(SojournError)}
    text = "failed"
    for error in _chain(event.step_failure_data.error):
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


def _show(settings: Settings, console: Console) -> None:
    with duckdb.connect(settings.database, read_only=True) as connection:
        tables = {
            name: connection.sql(f"FROM {name}").pl() for name in ("phase_metrics", "lifecycle", "kpis", "quality")
        }
        console.print(funnel_table(tables["phase_metrics"], tables["lifecycle"], tables["kpis"], tables["quality"]))
        for line in _accounts(connection):
            console.print(line, markup=False)
    console.print(f"database  {settings.database}", markup=False)
    console.print(f"page      {settings.reports / FILE_NAME}", markup=False)
    console.print(
        "next      open the page; query the database with any DuckDB client; `make dev` shows the run in Dagster"
    )


def _accounts(connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """What became of all rows, and why some were quarantined."""
    counts = connection.execute(
        "SELECT coalesce(sum(rows_read), 0), coalesce(sum(events), 0), coalesce(sum(duplicates), 0),"
        " coalesce(sum(quarantined), 0), coalesce(sum(excluded), 0) FROM loads"
    ).fetchone()
    read, events, duplicates, quarantined, excluded = counts or (0,) * 5
    yield (
        f"{read:,} rows read = {events:,} events + {duplicates:,} duplicates + {quarantined:,} quarantined"
        f" + {excluded:,} excluded"
    )
    if quarantined:
        reasons = connection.execute("SELECT count(*), reason FROM quarantine GROUP BY reason ORDER BY ALL").fetchall()
        why = ", ".join(f"{count:,} {reason}" for count, reason in reasons)
        yield f"quarantined: {why}; table quarantine holds these rows"
