"""Which files stand around a published database, and the failure of one that cannot be used."""

from pathlib import Path

from models.errors import SojournError
from models.settings import Settings


class WarehouseError(SojournError):
    """A database file that cannot be opened or written."""


def build_path(settings: Settings) -> Path:
    """Where the private build file stands: beside the published one, so that it can be renamed over it."""
    return settings.database.with_name(f"{settings.database.stem}.build.duckdb")


def draft_path(settings: Settings) -> Path:
    """Where the next version stands until it is renamed over the published one; before that, what it is made of."""
    return settings.database.with_name(f".{settings.database.name}.new")


def lock_path(settings: Settings) -> Path:
    """The file whose lock a run holds: it stays where it is when the run is over."""
    return settings.database.with_name(f".{settings.database.stem}.lock")


def versions_path(settings: Settings) -> Path:
    """The folder of the versions that were published before."""
    return settings.database.with_name("versions")


def ledger_path(settings: Settings) -> Path:
    """The file that says what was sent to whom: it outlives every version of the database."""
    return settings.database.with_name(f"{settings.database.stem}.sent.jsonl")


def exchange_path(settings: Settings) -> Path:
    """The directory through which Spark's workers and this machine hand rows to each other."""
    return (settings.spark_directory or settings.database.parent) / f".{settings.database.stem}.spark"


def spark_log_path(settings: Settings) -> Path:
    """The file in which Spark says what it does."""
    return settings.database.with_name(f"{settings.database.stem}.spark.log")
