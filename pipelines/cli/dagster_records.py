"""Reading the records of nights with Dagster: wherever it keeps them, and why a night failed."""

import warnings
from collections.abc import Collection

import dagster as dg
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus

from pipelines.cli.nights import Records
from pipelines.cli.records import failure_of, named_failures, open_instance
from pipelines.cli.sqlite_records import CheckRecord, RunRecord
from pipelines.places import NIGHT

ENDED = (AssetCheckExecutionRecordStatus.SUCCEEDED, AssetCheckExecutionRecordStatus.FAILED)


def read_with_dagster(keys: Collection[tuple[str, str]]) -> Records:
    """Read the last night, and how the checks of these tables and names ended when they were last run."""
    warnings.filterwarnings("ignore", category=dg.BetaWarning)
    with named_failures(), open_instance() as instance:
        checks = _checks(instance, keys)
        for record in instance.get_run_records(dg.RunsFilter(job_name=NIGHT), limit=1):
            run = record.dagster_run
            began = record.start_time or record.create_timestamp.timestamp()
            why = _why(run.run_id, instance) if run.status == dg.DagsterRunStatus.FAILURE else ""
            return Records(RunRecord(run.status.value, began, record.end_time), checks, why)
        return Records(None, checks)


def _why(run_id: str, instance: dg.DagsterInstance) -> str:
    kinds = {dg.DagsterEventType.STEP_FAILURE, dg.DagsterEventType.ASSET_CHECK_EVALUATION}
    events = [entry.dagster_event for entry in instance.all_logs(run_id, of_type=kinds) if entry.dagster_event]
    checks = [event.asset_check_evaluation_data for event in events if not event.is_step_failure]
    return str(failure_of(checks, events))


def _checks(instance: dg.DagsterInstance, keys: Collection[tuple[str, str]]) -> list[CheckRecord]:
    wanted = [dg.AssetCheckKey(dg.AssetKey(table), name) for table, name in keys]
    found = instance.event_log_storage.get_latest_asset_check_execution_by_key(wanted)
    return [
        CheckRecord(
            (key.asset_key.to_user_string(), key.name),
            check.passed,
            not check.passed and check.severity == dg.AssetCheckSeverity.WARN,
            None if check.passed else check.description,
        )
        for key, record in found.items()
        if record.status in ENDED and (check := record.evaluation)
    ]
