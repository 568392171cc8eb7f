"""Publishing: the build file becomes the file that analysts open, whole, in one rename."""

import os
import shutil
from contextlib import suppress
from pathlib import Path

import duckdb

from models.settings import Settings
from pipelines.warehouse import WarehouseError, build_path


def publish(connection: duckdb.DuckDBPyConnection, settings: Settings) -> int:
    """Copy the build file beside the published one, make sure it is on the disk, and rename it over that.

    Whoever has the old file open keeps reading the old rows; who opens it next sees the new ones. Until the rename
    nothing of the published file is touched.

    Returns:
        the size of the published file in bytes.

    Raises:
        WarehouseError: if the disk is full or the directory cannot be written.
    """
    connection.execute("CHECKPOINT")
    target = settings.database
    beside = target.with_name(f".{target.name}.new")
    try:
        shutil.copyfile(build_path(settings), beside)
        _sync(beside)
        beside.replace(target)
        _sync(target.parent)
    except OSError as error:
        with suppress(OSError):
            beside.unlink()
        raise WarehouseError(f"{target} cannot be published: {error.strerror or error}; it is as it was") from error
    return target.stat().st_size


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
