"""Which files stand around a published database, and the failure of one that cannot be used."""

import os
from pathlib import Path

from models.errors import SojournError
from models.settings import Settings

PAGE, PDF = "funnel.html", "funnel.pdf"
NIGHT = "night"
"""The name of the job of a night, in Dagster's records."""


class WarehouseError(SojournError):
    """A database file that cannot be opened or written."""


def base_name(settings: Settings) -> str:
    """What the names of all files begin with that belong to the database, whether or not a dot stands before it.

    It is the name of the published file without `.duckdb`; any other ending belongs to the name, so that two databases
    that differ in it share nothing.
    """
    return settings.database.name.removesuffix(".duckdb")


def build_path(settings: Settings) -> Path:
    """Where the private build file stands: beside the published one, on the same file system."""
    return settings.database.with_name(f"{base_name(settings)}.build.duckdb")


def draft_path(settings: Settings) -> Path:
    """Where the next version stands until it is renamed over the published one; before that, what it is made of."""
    return settings.database.with_name(f".{settings.database.name}.new")


def seen_path(settings: Settings) -> Path:
    """The file in which a whole run puts down what it went by, for the next to see whether that is new."""
    return settings.database.with_name(f".{base_name(settings)}.seen.json")


def page_path(settings: Settings) -> Path:
    """The page that stakeholders read."""
    return settings.reports / PAGE


def graph_paths(settings: Settings) -> dict[str, Path]:
    """The graphs of the transitions, by their level."""
    return {level: settings.reports / f"transitions_{level}.graphml" for level in ("phase", "touchpoint")}


def lock_path(settings: Settings) -> Path:
    """The file whose lock a run holds: it stays where it is when the run is over."""
    return settings.database.with_name(f".{base_name(settings)}.lock")


def versions_path(settings: Settings) -> Path:
    """The folder of the versions that were published before."""
    return settings.database.with_name("versions")


def keeps_records() -> bool:
    """Whether Dagster keeps records of runs: where DAGSTER_HOME says, or here where there is a dagster.yaml."""
    return "DAGSTER_HOME" in os.environ or Path("dagster.yaml").is_file()


def ledger_path(settings: Settings) -> Path:
    """The file that says what was sent to whom: it outlives every version of the database."""
    return settings.database.with_name(f"{base_name(settings)}.sent.jsonl")


def exchange_path(settings: Settings) -> Path:
    """The directory through which Spark's workers and this machine hand rows to each other."""
    return (settings.spark_directory or settings.database.parent) / f".{base_name(settings)}.spark"


def spark_log_path(settings: Settings) -> Path:
    """The file in which Spark says what it does."""
    return settings.database.with_name(f"{base_name(settings)}.spark.log")
