"""When a night runs, and which days it loads."""

from datetime import date, timedelta

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition
from dagster._core.storage.tags import ASSET_PARTITION_RANGE_END_TAG, ASSET_PARTITION_RANGE_START_TAG

from models.errors import SojournError
from models.settings import Settings
from pipelines.asking import find_due
from pipelines.standing import REWRITTEN_DAYS
from pipelines.zones import zone_of_clock


def range_tags(first: date, last: date) -> dict[str, str]:
    """The tags that make one run of all days from first to last."""
    return {ASSET_PARTITION_RANGE_START_TAG: first.isoformat(), ASSET_PARTITION_RANGE_END_TAG: last.isoformat()}


def build_nightly(job: UnresolvedAssetJobDefinition, settings: Settings, start: date) -> dg.ScheduleDefinition:
    """Load, each night at the local time of the settings, every day that is new or changed.

    The run is of the days that are due when it is asked for, of yesterday and of the days that GA4 may have rewritten,
    in one range; it loads whatever is new or changed when it begins. A day whose file is not there yet is left as it
    is; the next night asks for it again.
    """

    @dg.schedule(
        job=job,
        cron_schedule=f"{settings.run_at.minute} {settings.run_at.hour} * * *",
        execution_timezone=zone_of_clock(settings.timezone),
        name="nightly",
        description="Loads all days that are new or changed, and rebuilds what stands on them.",
    )
    def nightly(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        today = context.scheduled_execution_time.date()
        yesterday = today - timedelta(days=1)
        days = [yesterday - timedelta(days=REWRITTEN_DAYS), yesterday, *_due_days(settings, today)]
        return dg.RunRequest(
            run_key=yesterday.isoformat(),
            run_config={"ops": {"exports": {"config": {"is_whole": True}}}},
            tags=range_tags(max(min(days), start), max(*days, start)),
        )

    return nightly


def _due_days(settings: Settings, today: date) -> list[date]:
    """The days that are due; none where that cannot be told, and the run says why."""
    try:
        return [day for day in find_due(settings).due_days if day <= today]
    except SojournError:
        return []
