"""What Dagster's records say of the last night and of the checks, for `sojourn status`."""

import warnings
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import dagster as dg
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus

from models.settings import Settings
from pipelines.cli.records import failure_of, named_failures, open_instance, told
from pipelines.places import NIGHT
from pipelines.rules import check_names
from pipelines.zones import told_time

Line = tuple[str, str]
ENDED = (AssetCheckExecutionRecordStatus.SUCCEEDED, AssetCheckExecutionRecordStatus.FAILED)
UNDER_WAY = (dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.CANCELING)


def read_records(settings: Settings, is_going_on: bool) -> tuple[Sequence[Line], Sequence[Line]]:
    """How the last night ended, or that one is under way, and how each check ended; lines for each.

    The job and its checks are known by their names: to build them takes as long again as to read of them.
    """
    warnings.filterwarnings("ignore", category=dg.BetaWarning)
    with named_failures(), open_instance() as instance:
        return list(_nights(settings, instance, is_going_on)), list(_checks(settings, instance))


def _nights(settings: Settings, instance: dg.DagsterInstance, is_going_on: bool) -> Iterator[Line]:
    for record in instance.get_run_records(dg.RunsFilter(job_name=NIGHT), limit=1):
        yield "last night", _night(record, is_going_on, settings, instance)
        return
    yield "last night", "none yet"


def _night(record: dg.RunRecord, is_going_on: bool, settings: Settings, instance: dg.DagsterInstance) -> str:
    run, began = record.dagster_run, record.start_time or record.create_timestamp.timestamp()
    when = told_time(datetime.fromtimestamp(began, UTC), settings.timezone)
    if run.status in UNDER_WAY:
        return f"{when}, {'is under way' if is_going_on else 'was cut off: the next run makes it good'}"
    if run.status == dg.DagsterRunStatus.SUCCESS and record.end_time:
        return f"{when}, succeeded in {record.end_time - began:,.0f} s"
    if run.status == dg.DagsterRunStatus.FAILURE and record.end_time:
        return f"{when}, failed after {record.end_time - began:,.0f} s: {_why(run.run_id, instance)}"
    return f"{when}, {run.status.value.lower().replace('_', ' ')}"


def _why(run_id: str, instance: dg.DagsterInstance) -> str:
    kinds = {dg.DagsterEventType.STEP_FAILURE, dg.DagsterEventType.ASSET_CHECK_EVALUATION}
    events = [entry.dagster_event for entry in instance.all_logs(run_id, of_type=kinds) if entry.dagster_event]
    checks = [event.asset_check_evaluation_data for event in events if not event.is_step_failure]
    return str(failure_of(checks, events))


def _checks(settings: Settings, instance: dg.DagsterInstance) -> Iterator[Line]:
    """How each check ended when it was last run, and what those say that did not hold."""
    keys = [dg.AssetCheckKey(dg.AssetKey(table), name) for table, name in check_names(settings)]
    records = instance.event_log_storage.get_latest_asset_check_execution_by_key(keys).values()
    if not records:
        return
    ended = [record.evaluation for record in records if record.status in ENDED and record.evaluation]
    broken = [check for check in ended if not check.passed]
    warned = sum(check.severity == dg.AssetCheckSeverity.WARN for check in broken)
    counts = {
        "passed": len(ended) - len(broken),
        "failed": len(broken) - warned,
        "warned": warned,
        "not reached": len(keys) - len(ended),
    }
    yield "checks", ", ".join(f"{count} {what}" for what, count in counts.items() if count)
    yield from (("", line) for line in sorted(told(check) for check in broken))
