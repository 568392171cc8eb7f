"""Dagster's books: its records of runs, of which each night leaves some megabytes, are kept for as long as it is told.

They are files of SQLite, unless Dagster is told otherwise: one of all runs, and one of each. What a run leaves in the
first makes room there for later ones; the second, and what its steps wrote, goes.
"""

import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
from dagster._core.storage.dagster_run import FINISHED_STATUSES
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable
from dagster._core.storage.event_log.sql_event_log import SqlEventLogStorage
from dagster._core.storage.runs.schema import RunTagsTable
from dagster._core.storage.runs.sql_run_storage import SqlRunStorage
from sqlalchemy.exc import SQLAlchemyError

from models.settings import Settings
from pipelines.places import NIGHT

LOG = logging.getLogger(__name__)
AT_ONCE = 100
"""So many runs go in a night: the first night on books of years is no longer than others."""
BESIDE = ("", "-wal", "-shm", "-journal")
"""What the names of the files of a SQLite database end in."""


def prune_books(instance: dg.DagsterInstance, settings: Settings) -> int:
    """Delete the records of nights that ended longer ago than `keep_runs`; how many.

    The last night that ended stays whatever its age, for `sojourn status` to tell of, and so does one that goes on.
    Runs of other jobs may be somebody else's. Where the books cannot be written, the next night tries again: no run
    fails for that.
    """
    if instance.is_ephemeral:
        return 0
    try:
        old = _old_runs(instance, datetime.now(UTC) - settings.keep_runs)
        for run in old:
            _delete(instance, run)
    except (dg.DagsterError, SQLAlchemyError, OSError, NotImplementedError) as error:
        LOG.warning("Dagster's records of old runs cannot be deleted: %s", error)
        return 0
    return len(old)


def _old_runs(instance: dg.DagsterInstance, before: datetime) -> Sequence[str]:
    ended = dg.RunsFilter(job_name=NIGHT, statuses=FINISHED_STATUSES)
    last = {record.dagster_run.run_id for record in instance.get_run_records(ended, limit=1)}
    old = dg.RunsFilter(job_name=NIGHT, statuses=FINISHED_STATUSES, updated_before=before)
    records = instance.get_run_records(old, limit=AT_ONCE, ascending=True)
    return [record.dagster_run.run_id for record in records if record.dagster_run.run_id not in last]


def _delete(instance: dg.DagsterInstance, run: str) -> None:
    """Delete a run as Dagster does, and what it leaves of it: results of checks, tags, and files."""
    instance.compute_log_manager.delete_logs(prefix=[run])
    events, runs = instance.event_log_storage, instance.run_storage
    if isinstance(events, SqlEventLogStorage):
        with events.index_connection() as connection:
            connection.execute(AssetCheckExecutionsTable.delete().where(AssetCheckExecutionsTable.c.run_id == run))
    if isinstance(runs, SqlRunStorage):
        with runs.connect() as connection:
            connection.execute(RunTagsTable.delete().where(RunTagsTable.c.run_id == run))
    instance.delete_run(run)
    if isinstance(events, SqliteEventLogStorage):
        for ending in BESIDE:
            Path(f"{events.path_for_shard(run)}{ending}").unlink(missing_ok=True)
