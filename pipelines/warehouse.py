"""The private build file: opened by one process at a time, filled by a run, and never seen by analysts."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from models.errors import SojournError
from models.ga4 import NATURAL_ORDER
from models.settings import Settings
from models.sql import read_sql
from models.tables import TABLES

STORAGE_VERSION = "v1.0.0"
RUN_SETTINGS = (
    "CREATE TABLE IF NOT EXISTS run_settings (as_of TIMESTAMP, journey_window_seconds BIGINT,"
    " session_gap_seconds BIGINT, timezone VARCHAR)"
)


class WarehouseError(SojournError):
    """A database file that cannot be opened or written."""


def build_path(settings: Settings) -> Path:
    """Where the private build file stands: beside the published one, so that it can be renamed over it."""
    return settings.database.with_name(f"{settings.database.stem}.build.duckdb")


@contextmanager
def open_build(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the build file for writing, with every table of the contracts in it.

    Raises:
        WarehouseError: if another process holds it, or the directory cannot be written.
    """
    path = build_path(settings)
    connection = _connect(path, settings)
    try:
        _prepare(connection)
        yield connection
    except duckdb.OutOfMemoryException as error:
        raise WarehouseError(f"{path}: memory ran out ({_first(error)}); raise memory_limit or free some") from error
    except (duckdb.IOException, OSError) as error:
        raise WarehouseError(f"{path} cannot be written: {_first(error)}; free some room and run again") from error
    finally:
        connection.close()


def _first(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _connect(path: Path, settings: Settings) -> duckdb.DuckDBPyConnection:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return duckdb.connect(
            path,
            config={
                "storage_compatibility_version": STORAGE_VERSION,
                "memory_limit": settings.memory_limit,
                "temp_directory": str(path.with_suffix(".spill")),
                "autoinstall_known_extensions": "false",
            },
        )
    except (duckdb.IOException, OSError) as error:
        if "lock" in str(error):
            raise WarehouseError(
                f"{path} is held by another process: {_first(error)}; wait for that run to end, or stop it"
            ) from error
        raise WarehouseError(f"{path} cannot be opened: {_first(error)}") from error


def _prepare(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("SET timezone = 'UTC'")
    connection.execute("SET enable_progress_bar = false")
    ranks = " ".join(f"WHEN '{name}' THEN {rank}" for rank, name in enumerate(NATURAL_ORDER))
    connection.execute(
        f"CREATE OR REPLACE MACRO natural_rank(name) AS CASE name {ranks} ELSE {len(NATURAL_ORDER)} END::UTINYINT"
    )
    connection.execute(read_sql("marts/macros"))
    connection.execute(RUN_SETTINGS)
    for table in TABLES.values():
        connection.execute(table.ddl.replace("CREATE TABLE", "CREATE TABLE IF NOT EXISTS"))
