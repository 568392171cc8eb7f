"""When a night runs, and which days it loads."""

from datetime import date, timedelta

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition
from dagster._core.storage.tags import ASSET_PARTITION_RANGE_END_TAG, ASSET_PARTITION_RANGE_START_TAG

from models.settings import Settings
from pipelines.standing import REWRITTEN_DAYS
from pipelines.zones import zone_of_clock


def range_tags(first: date, last: date) -> dict[str, str]:
    """The tags that make one run of all days from first to last."""
    return {ASSET_PARTITION_RANGE_START_TAG: first.isoformat(), ASSET_PARTITION_RANGE_END_TAG: last.isoformat()}


def build_nightly(job: UnresolvedAssetJobDefinition, settings: Settings, start: date) -> dg.ScheduleDefinition:
    """Load, each night at the local time of the settings, yesterday and the days that GA4 may have rewritten.

    A day whose file is not there yet is left as it is; the next night asks for it again.
    """

    @dg.schedule(
        job=job,
        cron_schedule=f"{settings.run_at.minute} {settings.run_at.hour} * * *",
        execution_timezone=zone_of_clock(settings.timezone),
        name="nightly",
        description="Loads yesterday and the days that GA4 may have rewritten, and rebuilds what stands on them.",
    )
    def nightly(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        yesterday = context.scheduled_execution_time.date() - timedelta(days=1)
        first = max(yesterday - timedelta(days=REWRITTEN_DAYS), start)
        return dg.RunRequest(run_key=yesterday.isoformat(), tags=range_tags(first, yesterday))

    return nightly
