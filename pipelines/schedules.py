"""When a night runs."""

from datetime import timedelta

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from models.settings import Settings


def build_nightly(job: UnresolvedAssetJobDefinition, settings: Settings) -> dg.ScheduleDefinition:
    """Run yesterday's partition each night at the local time of the settings, in the property's time zone."""

    @dg.schedule(
        job=job,
        cron_schedule=f"{settings.run_at.minute} {settings.run_at.hour} * * *",
        execution_timezone=settings.timezone,
        name="nightly",
        description="Loads yesterday and rebuilds what stands on it.",
    )
    def nightly(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        yesterday = (context.scheduled_execution_time - timedelta(days=1)).date().isoformat()
        return dg.RunRequest(run_key=yesterday, partition_key=yesterday)

    return nightly
