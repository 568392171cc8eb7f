"""The code location: assets, checks, the job of a night, and when it runs."""

from datetime import UTC, date, datetime, timedelta

import dagster as dg

from models.settings import Settings, read_settings
from models.tables import LOADED, MARTS, REBUILT
from pipelines.assets.exports import build_exports
from pipelines.assets.histories import histories
from pipelines.assets.marts import marts
from pipelines.assets.published import delivered, funnel_page, published_database, transition_graph
from pipelines.checks import build_checks
from pipelines.health import Clock, build_health_checks
from pipelines.places import NIGHT as NIGHT
from pipelines.progress import Progress
from pipelines.rules import HEALTHY
from pipelines.schedules import build_nightly
from pipelines.sensors import build_alerts, build_new_files
from pipelines.standing import first_day
from pipelines.zones import check_zones, local_time, zone_of_clock


def build_definitions(settings: Settings, first: date | None = None) -> dg.Definitions:
    """Put the code location together for these settings.

    One process runs all assets of a run: they write one DuckDB file, which one process can hold.

    Args:
        settings: what a run is told.
        first: the first day that is a partition: the earliest of the exports and of the published file, unless given.
            Yesterday is one in any case: exports may have begun today, or hold but a day that is yet to come.

    Raises:
        SettingsError: if a time zone of the settings is none.
    """
    check_zones(settings)
    yesterday = local_time(datetime.now(UTC), settings.timezone).date() - timedelta(days=1)
    start = min(first or first_day(settings), yesterday)
    zone = zone_of_clock(settings.timezone)
    partitions = dg.DailyPartitionsDefinition(start.isoformat(), timezone=zone, end_offset=1)
    night = dg.define_asset_job(
        NIGHT,
        selection=dg.AssetSelection.all(),
        description="Loads the days of the run, rebuilds what stands on them, checks it and publishes.",
    )
    return dg.Definitions(
        assets=[
            build_exports(partitions),
            histories,
            marts,
            published_database,
            transition_graph,
            funnel_page,
            *([delivered] if settings.audiences else []),
        ],
        asset_checks=[
            build_checks("exports", LOADED),
            build_checks("histories", REBUILT),
            build_checks("marts", MARTS),
            *(build_health_checks(table, settings) for table in HEALTHY if settings.health != "off"),
        ],
        jobs=[night],
        schedules=[build_nightly(night, settings, start)],
        sensors=[build_new_files(night, partitions, settings), *build_alerts(settings)],
        resources={"settings": settings, "progress": Progress(), "clock": Clock()},
        executor=dg.in_process_executor,
    )


@dg.definitions
def defs() -> dg.Definitions:
    """What `dagster dev` loads: the code location for the settings of SOJOURN_SETTINGS or the working directory."""
    return build_definitions(read_settings())
