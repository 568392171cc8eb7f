"""`sojourn run`: Dagster's own job, run in this process on the instance of dagster.yaml."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import suppress
from functools import partial

import dagster as dg
import duckdb
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from models.errors import SojournError
from models.lifecycle import load_lifecycle
from models.periods import longest_stretch
from models.settings import Settings
from pipelines.alerts import tell_of_run
from pipelines.assets.exports import Scope
from pipelines.attempts import defect
from pipelines.cli.funnel import funnel_table
from pipelines.cli.records import failure_of, named_failures, open_instance, told, warnings_of
from pipelines.cli.stopping import StoppedError
from pipelines.counting import segment_columns
from pipelines.days import Found, days_to_load, find_days
from pipelines.definitions import NIGHT, build_definitions
from pipelines.engines import Days
from pipelines.known import KnownFiles
from pipelines.locking import run_lock
from pipelines.looking import forget_seen, note_seen
from pipelines.personas import check_personas
from pipelines.places import page_path
from pipelines.progress import Progress
from pipelines.published_file import open_published
from pipelines.rates import read_rates
from pipelines.schedules import range_tags
from pipelines.zones import LAST_DAY, check_zones
from transforms.overall import conversion_kind
from transforms.sentences import Facts, provisional_note
from transforms.wording import Words, words_in

PASSING = {dg.AssetKey("delivered"), dg.AssetKey("published_database")}
"""Their checks tell of what a run did: what was sent or waits is told by the ledger, and no log lies there any more."""


class BarProgress(Progress):
    """Shows what a run does as bars in the terminal."""

    def __init__(self, bars: Bars) -> None:
        self._bars = bars
        self._task = bars.add_task("starting", total=None)
        self.standing: list[str] = []

    def begin(self, what: str, total: int | None = None) -> None:
        """Show the next thing that is done, and the one before as finished."""
        self._bars.remove_task(self._task)
        self._task = self._bars.add_task(what, total=total)

    def advance(self, count: int = 1) -> None:
        """Move the bar on."""
        self._bars.advance(self._task, count)

    def tell(self, line: str, stays: bool = False) -> None:
        """Print a line that is not overwritten."""
        if stays:
            self.standing.append(line)
        self._bars.console.print(line, markup=False)


WHOLE = Scope(is_whole=True)


def run_night(settings: Settings, goes_by: str | None, console: Console, scope: Scope = WHOLE) -> None:
    """Run the job over all days of the exports, then show the funnel and say where everything is.

    Whom `alerts` names is told of a failure, and of checks that failed: where cron starts the run nobody else does.

    Args:
        settings: all of them.
        goes_by: the fingerprint of what the run goes by, told before it began; none where it could not be.
        console: where it is shown.
        scope: what it covers.

    Raises:
        SojournError: what went wrong, as it was raised.
    """
    checks: list[dg.AssetCheckEvaluation] = []
    try:
        try:
            _run(settings, goes_by, console, scope, checks)
        except (KeyboardInterrupt, dg.DagsterExecutionInterruptedError):
            raise StoppedError from None
    except SojournError as error:
        _alert(settings, error, checks, console)
        raise
    except Exception as error:
        _alert(settings, defect(error), checks, console)
        raise
    for check in checks:
        if not check.passed:
            console.print(f"look at   {told(check)}", markup=False)
    _alert(settings, None, checks, console)


def _alert(
    settings: Settings, failure: SojournError | None, checks: list[dg.AssetCheckEvaluation], console: Console
) -> None:
    for line in tell_of_run(settings, failure, warnings_of(checks)):
        console.print(line, markup=False)


def _run(
    settings: Settings, goes_by: str | None, console: Console, scope: Scope, checks: list[dg.AssetCheckEvaluation]
) -> None:
    """Run the job and show the funnel, all of it under the lock; what checks found is added to those given."""
    check_zones(settings)
    load_lifecycle(settings.lifecycle)
    segment_columns(settings)
    check_personas(settings)
    read_rates(settings)
    found = find_days(settings)
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with run_lock(settings, partial(console.print, markup=False)):
        with Bars(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
            progress = BarProgress(bars)
            forget_seen(settings)
            result = _execute(settings, progress, found.days, scope)
        checks += result.get_asset_check_evaluations()
        _raise_failure(result)
        if goes_by and _is_loaded_whole(settings, found):
            odd = warnings_of(check for check in checks if check.asset_key not in PASSING)
            note_seen(settings, goes_by, progress.standing, odd)
        _show(settings, console)


def _is_loaded_whole(settings: Settings, found: Found) -> bool:
    """Whether what is published stands on just what was found: nothing was left out, and nothing came meanwhile."""
    if not found.skipped:
        with suppress(SojournError), open_published(settings) as connection:
            known = KnownFiles(connection, settings)
            return all(known.are_unchanged(*one) for one in (*found.days.items(), (None, found.feeds)))
    return False


def _execute(settings: Settings, progress: Progress, days: Days, scope: Scope) -> dg.ExecuteInProcessResult:
    """Run the job; Dagster keeps its books of the days that are new or changed, not of the whole history.

    A file misnamed as of another year would have it keep books of every day until then: they are of the stretch where
    most of the days are. What is loaded does not depend on it.
    """
    warnings.filterwarnings("ignore", category=dg.BetaWarning)
    logging.getLogger("dagster").setLevel(logging.CRITICAL)
    job = build_definitions(settings, min(days)).resolve_job_def(NIGHT)
    with named_failures(), open_instance() as instance:
        new = sorted(days) if scope.is_new else days_to_load(settings, days) or [max(days)]
        return job.execute_in_process(
            instance=instance,
            tags=range_tags(*longest_stretch(new)),
            resources={"settings": settings.model_copy(update={"retries": 0}), "progress": progress},
            run_config={
                "ops": {"exports": {"config": scope.model_dump()}},
                "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
            },
            raise_on_error=False,
        )


def _raise_failure(result: dg.ExecuteInProcessResult) -> None:
    if not result.success:
        raise failure_of(result.get_asset_check_evaluations(), result.all_events)


def _show(settings: Settings, console: Console) -> None:
    with open_published(settings) as connection:
        tables = {
            name: connection.sql(f"FROM {name}").pl() for name in ("phase_metrics", "lifecycle", "kpis", "quality")
        }
        words = words_in(settings.language, conversion_kind(tables["lifecycle"]))
        console.print(funnel_table(**tables, words=words))
        for line in (*_accounts(connection), *_provisional(connection, words)):
            console.print(line, markup=False)
    console.print(f"database  {settings.database.resolve()}", markup=False)
    console.print(f"page      {page_path(settings).resolve()}", markup=False)
    console.print(
        "next      open the page; query the database with any DuckDB client; `make dev` shows the run in Dagster"
    )


def _provisional(connection: duckdb.DuckDBPyConnection, words: Words) -> Iterator[str]:
    """Which days the funnel counts that may still change."""
    days = connection.execute(f"SELECT min(export_day), {LAST_DAY} FROM loads").fetchone() or (None, None)
    yield provisional_note(Facts(*days), words)


def _accounts(connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """What became of all rows, why some were quarantined, and which currency money was taken to be in."""
    counts = connection.execute(
        "SELECT coalesce(sum(rows_read), 0), coalesce(sum(events), 0), coalesce(sum(duplicates), 0),"
        " coalesce(sum(quarantined), 0), coalesce(sum(excluded), 0) FROM loads"
    ).fetchone()
    read, events, duplicates, quarantined, excluded = counts or (0,) * 5
    yield (
        f"{read:,} rows read = {events:,} events + {duplicates:,} duplicates + {quarantined:,} quarantined"
        f" + {excluded:,} excluded"
    )
    row = connection.execute("SELECT currency FROM run_settings WHERE is_currency_inferred").fetchone()
    if row:
        yield f"money is in {row[0]}, which most purchases have; setting currency names another"
    if quarantined:
        reasons = connection.execute("SELECT count(*), reason FROM quarantine GROUP BY reason ORDER BY ALL").fetchall()
        why = ", ".join(f"{count:,} {reason}" for count, reason in reasons)
        yield f"quarantined: {why}; table quarantine holds these rows"
