"""`sojourn rollback`: puts a version back that was published before."""

from functools import partial

import duckdb
from rich.console import Console
from rich.table import Table

from models.settings import Settings
from pipelines.locking import run_lock
from pipelines.places import WarehouseError
from pipelines.published_file import without_logs
from pipelines.report.graphs import write_graphs
from pipelines.report.writing import write_report
from pipelines.versions import Version, kept_versions, published_version, put_back
from pipelines.zones import LAST_DAY, told_time


def roll_back(settings: Settings, name: str | None, console: Console) -> None:
    """Publish a kept version again, draw the page and the graphs from it, and say what was done.

    Raises:
        NoVersionError: if there is no such version.
        LockedError: if a run goes on: it would publish anew in a moment.
        WarehouseError: if the version cannot be put back, or the page not be drawn from it.
    """
    say = partial(console.print, markup=False)
    with run_lock(settings, say):
        before = published_version(settings)
        back, warnings = put_back(settings, name)
        say(f"database  {settings.database} is version {back.name} again, {_when(back, settings)}")
        if before:
            say(f"kept      version {before.name}, {_when(before, settings)}; `sojourn rollback` puts it back")
        for line in warnings:
            say(f"look at   {line}")
        say(f"page      {_draw(settings)}")
    say("next      the next run publishes anew, from the exports")


def version_table(settings: Settings) -> Table:
    """The published version and those that are kept, the newest first."""
    table = Table("version", "published", "megabytes", "days loaded", "", box=None, pad_edge=False)
    published = published_version(settings)
    for version in [*([published] if published else []), *kept_versions(settings)]:
        megabytes = f"{version.path.stat().st_size / 1e6:.1f}"
        state = "published" if version is published else "kept"
        table.add_row(version.name, _when(version, settings), megabytes, _days(version), state)
    return table


def _draw(settings: Settings) -> str:
    try:
        write_graphs(settings)
        return str(write_report(settings))
    except WarehouseError as error:
        raise WarehouseError(
            f"{settings.database} is put back, but the page cannot be drawn from it, which may come from another"
            f" version of Sojourn: {error}"
        ) from error


def _when(version: Version, settings: Settings) -> str:
    return told_time(version.published_at, settings.timezone)


def _days(version: Version) -> str:
    try:
        with without_logs(version.path) as path, duckdb.connect(path, read_only=True) as connection:
            row = connection.execute(f"SELECT min(export_day), {LAST_DAY} FROM loads").fetchone()
    except duckdb.Error:
        return "unknown"
    return f"{row[0]} to {row[1]}" if row and row[0] else "none"
