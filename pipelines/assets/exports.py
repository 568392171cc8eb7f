"""The first layer: the files of a day become events, items, loads and quarantine."""

from collections.abc import Iterator
from datetime import date
from time import perf_counter

import dagster as dg
from pydantic import Field

from models.periods import day_ranges
from models.settings import Settings
from models.tables import LOADED
from pipelines.assets.metadata import count_rows, spec_of, written
from pipelines.assets.retries import retrying
from pipelines.books import prune_books
from pipelines.days import find_days
from pipelines.ingesting import ingest
from pipelines.judging import accept_days
from pipelines.keeping import KEPT
from pipelines.progress import Progress
from pipelines.warehouse import begin_anew, open_build


class Scope(dg.Config):
    """What a run of the first layer covers.

    Args:
        is_whole: any day that is new or changed is loaded, whatever the partitions of the run.
        is_moved: the exports are those that the database was made from, at a new address.
        is_new: the database begins anew with these exports, without what is loaded.
        accepted: days, as 2026-05-01, that are published as they are, whatever health checks say of them.
    """

    is_whole: bool = False
    is_moved: bool = False
    is_new: bool = False
    accepted: list[str] = Field(default_factory=list)


def build_exports(partitions: dg.DailyPartitionsDefinition) -> dg.AssetsDefinition:
    """The asset of the first layer, a partition a day; many days can be one run.

    Days that were read as they would no longer be now are due with any: no table stands on two ways of reading. Feeds
    are of no day: where one of their files changed, they are due with any. So are days before the first partition: they
    came after Dagster had loaded the code location, and are partitions when it loads it again.
    """
    first = partitions.start.date()

    @dg.multi_asset(
        name="exports",
        specs=[spec_of(table, "exports", [], {"duckdb", "parquet"}) for table in LOADED],
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run(),
    )
    def exports(
        context: dg.AssetExecutionContext,
        config: Scope,
        settings: dg.ResourceParam[Settings],
        progress: dg.ResourceParam[Progress],
    ) -> Iterator[dg.MaterializeResult[None]]:
        started = perf_counter()
        prune_books(context.instance, settings)
        wanted = {date.fromisoformat(key) for key in context.partition_keys}
        progress.begin("listing exports")
        with retrying(settings):
            found = find_days(settings)
        for line in found.notes:
            context.log.warning(line)
            progress.tell(line)
        with retrying(settings):
            if config.is_new:
                begin_anew(settings)
            with open_build(settings) as connection:
                due = None if config.is_whole else wanted | {day for day in found.days if day < first}
                loaded = ingest(connection, found, settings, due, progress, config.is_moved)
                accept_days(connection, [date.fromisoformat(day) for day in config.accepted])
                counts = count_rows(connection, LOADED)
        for line in [*(f"left out: {line}" for line in loaded.skipped), *loaded.told]:
            context.log.warning(line)
            progress.tell(line, stays=line.startswith(KEPT))
        missing = {
            "days_without_a_file": dg.MetadataValue.text(day_ranges(sorted(wanted - found.days.keys())) or "none")
        }
        for name, rows in counts.items():
            yield written(name, rows, perf_counter() - started, missing)

    return exports
