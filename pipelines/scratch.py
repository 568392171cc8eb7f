"""Scratch connections: DuckDB without a file, for what is read and handed on."""

import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager

import duckdb

from models.sql import quoted_text
from pipelines.warehouse import macros

CHOSEN = {"timezone": "UTC", "enable_progress_bar": "false", "autoinstall_known_extensions": "false"}


@contextmanager
def open_scratch(memory_limit: str, threads: int | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a connection that has the macros of the build file and no table.

    Args:
        memory_limit: what it may hold in memory; beyond that it writes to the machine's directory of temporary files.
        threads: how many cores it uses; all of them, unless told.
    """
    with tempfile.TemporaryDirectory(prefix="sojourn-") as folder, closing(duckdb.connect()) as connection:
        for name, value in {**CHOSEN, "memory_limit": memory_limit, "temp_directory": folder}.items():
            connection.execute(f"SET {name} = {quoted_text(value)}")
        if threads:
            connection.execute(f"SET threads = {threads}")
        connection.execute(";\n".join(macros()))
        yield connection
