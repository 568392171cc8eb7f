"""What Dagster watches for: export files that are new or changed, and runs that somebody is to be told of."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from time import time

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from models.errors import SojournError
from models.periods import day_ranges
from models.settings import Settings
from pipelines.alerts import tell_of_run
from pipelines.asking import FEEDS, Due, ask, find_due, key_of, read_asked, stretches, write_asked
from pipelines.cli.records import failure_of, warnings_of
from pipelines.locking import is_running
from pipelines.schedules import range_tags

UNDER_WAY = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]
TO_BEGIN = timedelta(minutes=10)
"""So long a run may take to come to its first step, where it takes the lock of the database."""


def build_new_files(
    job: UnresolvedAssetJobDefinition, partitions: dg.DailyPartitionsDefinition, settings: Settings
) -> dg.SensorDefinition:
    """Ask for the days whose files are not those they were loaded from; off until it is turned on in Dagster.

    Nothing is asked for while a run is under way. The cursor says what was asked for and when, so that a day that fails
    or stays as it is waits longer each time (see `pipelines.asking`). Feeds are loaded with any day: where only they
    changed, the last one is asked for. A day that is no partition yet is left for later. One before the first
    partition, which came after Dagster had loaded the code location, is loaded with any run: where there are only such,
    the first partition is asked for. Days whose files went away are left as they are. Exports that are empty or cannot
    be reached are looked for again.
    """

    @dg.sensor(
        job=job,
        name="new_files",
        minimum_interval_seconds=round(settings.look_every.total_seconds()),
        default_status=dg.DefaultSensorStatus.STOPPED,
        description="Loads the days whose files appeared or changed, and rebuilds what stands on them.",
    )
    def new_files(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        if is_under_way(context.instance, job.name, settings):
            return dg.SkipReason("a run is under way; what it leaves is asked for after it")
        try:
            found = _until(find_due(settings), partitions.get_last_partition_key())
        except SojournError as error:
            return dg.SkipReason(str(error))
        ready, asked = ask(found, read_asked(context.cursor), time(), settings.look_every)
        ranges = list(stretches(found.days, ready))
        if found.days and not ranges and FEEDS in ready:
            ranges = [[found.days[-1]]]
        first, feeds = partitions.start.date(), ready & {FEEDS}
        requests = [
            dg.RunRequest(key_of(days, asked, feeds), tags=range_tags(max(days[0], first), max(days[-1], first)))
            for days in ranges
        ]
        why = None if requests else _why_not(found)
        return dg.SensorResult(run_requests=requests, skip_reason=why, cursor=write_asked(asked))

    return new_files


def is_under_way(instance: dg.DagsterInstance, job: str, settings: Settings) -> bool:
    """Whether a run of a job waits its turn or goes on.

    One that was cut off looks as if it went on for ever: it has no lock of the database.
    """
    records = instance.get_run_records(dg.RunsFilter(job_name=job, statuses=UNDER_WAY))
    recent = datetime.now(UTC) - TO_BEGIN
    return any(
        record.dagster_run.status == dg.DagsterRunStatus.QUEUED
        or record.update_timestamp > recent
        or is_running(settings)
        for record in records
    )


def _until(found: Due, last: str | None) -> Due:
    """What is due of the days up to the last partition."""
    days = [day for day in found.days if day.isoformat() <= (last or "")]
    names = {FEEDS, *(day.isoformat() for day in days)}
    return replace(found, days=days, files={name: files for name, files in found.files.items() if name in names})


def _why_not(found: Due) -> str:
    if not found.files:
        return f"{len(found.days)} days are loaded from the files that they have"
    days = day_ranges([day for day in found.days if day.isoformat() in found.files])
    what = " and ".join(one for one in (days, "the feeds" if FEEDS in found.files else "") if one)
    return f"asked for, and not loaded as the files are: {what}; asked for again after a pause, or when files change"


def build_alerts(settings: Settings) -> list[dg.SensorDefinition]:
    """Tell of runs that failed and of runs whose checks did, once the settings name somebody to tell."""
    if not settings.alerts.is_on:
        return []

    @dg.run_failure_sensor(
        name="tell_failures",
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Tells whom `alerts` names that a run failed, and of what.",
    )
    def tell_failures(context: dg.RunFailureSensorContext) -> None:
        _tell(context, settings, failure_of(_checks(context), context.get_step_failure_events()))

    @dg.run_status_sensor(
        run_status=dg.DagsterRunStatus.SUCCESS,
        name="tell_checks",
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Tells whom `alerts` names that checks of a run failed that did not stop it.",
    )
    def tell_checks(context: dg.RunStatusSensorContext) -> None:
        _tell(context, settings, None)

    return [tell_failures, tell_checks]


def _tell(context: dg.RunStatusSensorContext, settings: Settings, failure: SojournError | None) -> None:
    for line in tell_of_run(settings, failure, warnings_of(_checks(context)), context.log.error):
        context.log.warning(line)


def _checks(context: dg.RunStatusSensorContext) -> list[dg.AssetCheckEvaluation]:
    """What the checks of the run found."""
    events = context.instance.all_logs(context.dagster_run.run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION)
    return [event.asset_check_evaluation_data for event in (entry.dagster_event for entry in events) if event]
