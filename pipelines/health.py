"""Health checks: whether the days of a run look like the days before them, or tracking broke."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime

import dagster as dg
import duckdb
from dagster._core.storage.tags import (
    ASSET_PARTITION_RANGE_END_TAG,
    ASSET_PARTITION_RANGE_START_TAG,
    PARTITION_NAME_TAG,
)

from models.periods import day_ranges
from models.settings import Settings
from models.sql import read_sql
from pipelines import standing
from pipelines.assets.retries import retrying
from pipelines.checks import result_of
from pipelines.judging import Alarm, days_to_judge, judge, note_judged
from pipelines.rules import health_rules
from pipelines.warehouse import open_build
from pipelines.zones import local_time, tell_zone

AT_MOST = 5
"""So many things each rule says."""


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
            days = days_to_judge(connection, table, days_of_run(context.run.tags), is_blocking)
            measure(connection, settings, days, clock.now())
            odd = {rule: judge(connection, rule) for rule in rules}
            odd_days = {alarm.day for alarms in odd.values() for alarm in alarms if alarm.day}
            note_judged(connection, table, days, odd_days, is_blocking)
        for rule, alarms in odd.items():
            yield result_of(table, rule.name, list(_in_words(alarms, is_blocking)), severity)

    return health


def _in_words(alarms: Sequence[Alarm], is_blocking: bool) -> Iterator[str]:
    """The first five things that a rule says, and what lets days be published that it holds back."""
    yield from (alarm.words for alarm in alarms[:AT_MOST])
    held = sorted({alarm.day for alarm in alarms if alarm.day})
    if held and is_blocking:
        flags = " ".join(f"--accept {day}" for day in held)
        yield f"nothing is published until {day_ranges(held)} comes again, or `sojourn run {flags}` accepts it"


def days_of_run(tags: Mapping[str, str]) -> tuple[date, date]:
    """First and last day that a run loads; all days where its tags name none.

    >>> days_of_run({"dagster/partition": "2026-05-01"})
    (datetime.date(2026, 5, 1), datetime.date(2026, 5, 1))
    """
    one = tags.get(PARTITION_NAME_TAG)
    first, last = tags.get(ASSET_PARTITION_RANGE_START_TAG, one), tags.get(ASSET_PARTITION_RANGE_END_TAG, one)
    return (date.fromisoformat(first), date.fromisoformat(last)) if first and last else (date.min, date.max)


def measure(connection: duckdb.DuckDBPyConnection, settings: Settings, days: Sequence[date], now: datetime) -> None:
    """Gather, for the rules, what happened on the days that are judged and in the weeks before.

    Args:
        connection: the build file; what is gathered goes with the connection.
        settings: `timezone`, `late_after_days` and `low_volume` are used.
        days: those that are judged.
        now: the time now, with its zone.
    """
    variables = {
        "judged_from": min(days, default=date.min),
        "judged_to": max(days, default=date.min),
        "today": local_time(now, settings.timezone).date(),
        "late_after_days": settings.late_after_days,
        "live_days": standing.LIVE_DAYS,
        "low_volume": settings.low_volume,
    }
    tell_zone(connection, settings)
    for name, value in variables.items():
        connection.execute(f"SET VARIABLE {name} = ?", [value])
    connection.execute("CREATE OR REPLACE TEMP TABLE judged AS SELECT unnest(?::DATE[]) AS day", [list(days)])
    connection.execute(read_sql("health/measures"))
