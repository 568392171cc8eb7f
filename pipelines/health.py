"""Health checks: whether the days of a run look like the days before them, or tracking broke."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime

import dagster as dg
import duckdb
from dagster._core.storage.tags import (
    ASSET_PARTITION_RANGE_END_TAG,
    ASSET_PARTITION_RANGE_START_TAG,
    PARTITION_NAME_TAG,
)

from models.settings import Settings
from models.sql import read_sql
from pipelines import standing
from pipelines.assets.retries import retrying
from pipelines.checks import Rule, alarms, read_rules, result_of
from pipelines.warehouse import open_build
from pipelines.zones import local_time, tell_zone

JUDGED_DAYS = 4
"""Of the loaded days of a run so many are judged, the latest: a night loads as many; of a backfill the end is news."""


class Clock:
    """Tells the time; tests give another."""

    def now(self) -> datetime:
        """The time now, UTC."""
        return datetime.now(UTC)


def build_health_checks(table: str, settings: Settings) -> dg.AssetChecksDefinition:
    """The health checks of a table: they warn, or with `health = "block"` keep a run from publishing."""
    is_blocking = settings.health == "block"
    severity = dg.AssetCheckSeverity.ERROR if is_blocking else dg.AssetCheckSeverity.WARN
    rules = health_rules(table)

    @dg.multi_asset_check(
        name=f"{table}_health",
        specs=[
            dg.AssetCheckSpec(rule.name, asset=table, blocking=is_blocking, description=rule.rule) for rule in rules
        ],
        can_subset=False,
    )
    def health(
        context: dg.AssetCheckExecutionContext, settings: dg.ResourceParam[Settings], clock: dg.ResourceParam[Clock]
    ) -> Iterator[dg.AssetCheckResult]:
        with retrying(settings), open_build(settings) as connection:
            measure(connection, settings, days_of_run(context.run.tags), clock.now())
            for rule in rules:
                yield result_of(table, rule.name, alarms(connection, rule), severity)

    return health


def health_rules(table: str) -> list[Rule]:
    """The health rules that stand at a table, in order of their names."""
    return [rule for rule in read_rules("health") if rule.table == table]


def days_of_run(tags: Mapping[str, str]) -> tuple[date, date]:
    """First and last day that a run loads; all days where its tags name none.

    >>> days_of_run({"dagster/partition": "2026-05-01"})
    (datetime.date(2026, 5, 1), datetime.date(2026, 5, 1))
    """
    one = tags.get(PARTITION_NAME_TAG)
    first, last = tags.get(ASSET_PARTITION_RANGE_START_TAG, one), tags.get(ASSET_PARTITION_RANGE_END_TAG, one)
    return (date.fromisoformat(first), date.fromisoformat(last)) if first and last else (date.min, date.max)


def measure(connection: duckdb.DuckDBPyConnection, settings: Settings, days: tuple[date, date], now: datetime) -> None:
    """Gather, for the rules, what happened on the latest loaded days of the run and in the weeks before.

    Args:
        connection: the build file; what is gathered goes with the connection.
        settings: `timezone`, `late_after_days` and `low_volume` are used.
        days: first and last day of the run.
        now: the time now, with its zone.
    """
    judged = connection.execute(
        "SELECT DISTINCT export_day FROM loads WHERE export_day BETWEEN ? AND ? ORDER BY ALL DESC LIMIT ?",
        [*days, JUDGED_DAYS],
    ).fetchall()
    variables = {
        "judged_from": judged[-1][0] if judged else days[0],
        "judged_to": judged[0][0] if judged else days[0],
        "today": local_time(now, settings.timezone).date(),
        "late_after_days": settings.late_after_days,
        "live_days": standing.LIVE_DAYS,
        "low_volume": settings.low_volume,
    }
    tell_zone(connection, settings)
    for name, value in variables.items():
        connection.execute(f"SET VARIABLE {name} = ?", [value])
    connection.execute(read_sql("health/measures"))
