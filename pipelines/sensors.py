"""What Dagster watches for: export files that are new or changed, and runs that somebody is to be told of."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import groupby

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from models.errors import SojournError
from models.settings import Settings
from pipelines.alerts import tell_of_run
from pipelines.cli.records import failure_of, warnings_of
from pipelines.days import find_days
from pipelines.exports import ExportError, ExportFile, StoreError
from pipelines.schedules import range_tags

States = Mapping[date, str]
FEEDS = "feeds"


def build_new_files(
    job: UnresolvedAssetJobDefinition, partitions: dg.DailyPartitionsDefinition, settings: Settings
) -> dg.SensorDefinition:
    """Ask for the days whose files appeared or changed since the last look; off until it is turned on in Dagster.

    Feeds are loaded with any day: where only they changed, the last one is asked for.

    What was seen is kept in the sensor's cursor, a fingerprint a day. A day that is no partition yet is left for later.
    One before the first partition, which came after Dagster had loaded the code location, is loaded with any run: where
    there are only such, the first partition is asked for. Days whose files went away are left as they are. Exports that
    are empty or cannot be reached are looked for again.
    """

    @dg.sensor(
        job=job,
        name="new_files",
        minimum_interval_seconds=round(settings.look_every.total_seconds()),
        default_status=dg.DefaultSensorStatus.STOPPED,
        description="Loads the days whose files appeared or changed, and rebuilds what stands on them.",
    )
    def new_files(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        try:
            found = find_days(settings)
        except (ExportError, StoreError) as error:
            return dg.SkipReason(str(error))
        last = date.fromisoformat(partitions.get_last_partition_key() or date.min.isoformat())
        now = {day: fingerprint(files) for day, files in found.days.items() if day <= last}
        before, feeds_before = _read(context.cursor)
        feeds = fingerprint(found.feeds)
        first = partitions.start.date()
        requests = [_request(stretch, now, first) for stretch in stretches(now, before)]
        if now and not requests and feeds != feeds_before:
            requests = [_request([max(now)], now, first, feeds)]
        why = None if requests else f"{len(now)} days have the files that they had at the last look"
        return dg.SensorResult(run_requests=requests, skip_reason=why, cursor=_write(now, feeds))

    return new_files


def fingerprint(files: Sequence[ExportFile]) -> str:
    """Sixteen signs that change with the files of a day: with their addresses, sizes, times or versions."""
    told = "\n".join(sorted(f"{file.address} {file.size} {file.state}" for file in files))
    return hashlib.sha256(told.encode()).hexdigest()[:16]


NO_FEEDS = fingerprint([])


def stretches(now: States, before: States) -> Iterator[list[date]]:
    """Cut the days that changed into stretches with no unchanged day between: at first sight, all days in one.

    >>> now = {date(2026, 5, day): "new" for day in (1, 2, 5, 6, 7)}
    >>> [[day.day for day in days] for days in stretches(now, {date(2026, 5, 6): "new"})]
    [[1, 2, 5], [7]]
    """
    for is_changed, days in groupby(sorted(now), lambda day: now[day] != before.get(day)):
        if is_changed:
            yield list(days)


def _request(days: Sequence[date], states: States, first: date, feeds: str = "") -> dg.RunRequest:
    """One run of all partitions among some days; asked for once, whatever happens to the cursor."""
    digest = hashlib.sha256("".join([*(states[day] for day in days), feeds]).encode()).hexdigest()[:16]
    tags = range_tags(max(days[0], first), max(days[-1], first))
    return dg.RunRequest(run_key=f"{days[0]}..{days[-1]} {digest}", tags=tags)


def _read(cursor: str | None) -> tuple[States, str]:
    states = json.loads(cursor or "{}")
    feeds = states.pop(FEEDS, NO_FEEDS)
    return {date.fromisoformat(day): state for day, state in states.items()}, feeds


def _write(states: States, feeds: str) -> str:
    days = {day.isoformat(): state for day, state in states.items()}
    return json.dumps(days | ({FEEDS: feeds} if feeds != NO_FEEDS else {}), separators=(",", ":"))


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
