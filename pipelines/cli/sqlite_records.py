"""Reading Dagster's records straight from its files of SQLite, without Dagster.

Only what `sojourn status` tells is read: columns that Dagster's own queries filter by, and of a check that did not hold
what it said. Where records are kept otherwise, or look otherwise, readers raise LookupError: Dagster then reads them.
"""

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import yaml

from pipelines.places import NIGHT

STORAGES = ("pipelines.record_storage", "dagster._core.storage.sqlite_storage")
"""The modules of the storages whose files these are."""
LAST_RUN = """
    SELECT status, coalesce(start_time, 0), end_time, create_timestamp
    FROM runs WHERE pipeline_name = ? ORDER BY id DESC LIMIT 1
"""
LATEST_CHECKS = """
    SELECT asset_key, check_name, execution_status = 'SUCCEEDED', evaluation_event
    FROM asset_check_executions
    WHERE id IN (SELECT max(id) FROM asset_check_executions GROUP BY asset_key, check_name)
        AND execution_status IN ('SUCCEEDED', 'FAILED')
"""


@dataclass(frozen=True)
class RunRecord:
    """A run: its status as Dagster names it, and when it began and ended, in seconds since 1970."""

    status: str
    began: float
    ended: float | None


@dataclass(frozen=True)
class CheckRecord:
    """How a check ended when it was last run.

    Args:
        key: its table and its name.
        passed: whether it held.
        only_warns: whether it stops nothing where it does not hold.
        description: what it said.
    """

    key: tuple[str, str]
    passed: bool
    only_warns: bool = False
    description: str | None = None

    @property
    def told(self) -> str:
        """What it says, behind its table and its name."""
        return f"{': '.join(self.key)}: {self.description}"


def read_last_run() -> RunRecord | None:
    """Read the run of the last night; none where there was none.

    Raises:
        LookupError: if the records cannot be read here.
    """
    for status, began, ended, created in _rows("history/runs.db", LAST_RUN, [NIGHT]):
        return RunRecord(status, began or datetime.fromisoformat(created).replace(tzinfo=UTC).timestamp(), ended)
    return None


def read_latest_checks() -> list[CheckRecord]:
    """Read how each check ended when it was last run; those that did not get to an end are left out.

    Raises:
        LookupError: if the records cannot be read here.
    """
    name = "history/runs/index.db"
    with _named_failures(name):
        return [_check(*row) for row in _rows(name, LATEST_CHECKS)]


def _check(asset: str, name: str, passed: int, event: str) -> CheckRecord:
    key = ("/".join(json.loads(asset)), name)
    if passed:
        return CheckRecord(key, passed=True)
    said = json.loads(event)["dagster_event"]["event_specific_data"]
    only_warns = said["severity"]["__enum__"] == "AssetCheckSeverity.WARN"
    return CheckRecord(key, False, only_warns, said["description"])


def _rows(name: str, query: str, parameters: list[str] | None = None) -> list[tuple]:  # type: ignore[type-arg]
    path = _folder() / name
    if not path.exists():
        return []
    with _named_failures(path), closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        return connection.execute(query, parameters or []).fetchall()


def _folder() -> Path:
    """The folder that dagster.yaml names for files of SQLite; Dagster sees it from the working directory."""
    path = Path(os.environ.get("DAGSTER_HOME", ".")) / "dagster.yaml"
    with _named_failures(path):
        storage = yaml.safe_load(path.read_bytes())["storage"]
        custom = storage.get("custom", {"module": STORAGES[-1], "config": storage.get("sqlite")})
        folder = custom["config"]["base_dir"]
    if custom["module"] not in STORAGES or not isinstance(folder, str):
        raise LookupError(f"{path} names another storage")
    return Path(folder)


@contextmanager
def _named_failures(path: Path | str) -> Iterator[None]:
    try:
        yield
    except (OSError, sqlite3.Error, yaml.YAMLError, ValueError, TypeError, AttributeError) as error:
        raise LookupError(f"{path} cannot be read: {error}") from error
