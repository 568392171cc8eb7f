"""The directory through which workers hand over what they make, as Parquet."""

import shutil
import socket
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from models.settings import Settings
from models.sql import quoted_text
from pipelines.engines.spark.failures import SparkError
from pipelines.places import exchange_path


@contextmanager
def open_exchange(settings: Settings) -> Iterator[Path]:
    """Make the directory, empty; a run that died may have left one. It is removed at the end.

    Raises:
        SparkError: if it cannot be made.
    """
    folder = exchange_path(settings).absolute()
    try:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    except OSError as error:
        raise SparkError(f"{folder} cannot be made: {error.strerror}; say another spark_directory") from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def new_folder(exchange: Path) -> Path:
    """A folder of its own for what a task makes.

    Raises:
        SparkError: if the worker does not see the directory.
    """
    folder = exchange / uuid.uuid4().hex
    try:
        folder.mkdir()
    except OSError as error:
        raise SparkError(
            f"worker {socket.gethostname()} cannot write to {exchange} ({error.strerror}):"
            " set spark_directory to a directory that it and this machine share"
        ) from error
    return folder


def rows_of(folders: Sequence[str], name: str) -> str:
    """The query for the rows that tasks wrote under a name.

    Raises:
        SparkError: if this machine does not see them.
    """
    files = [Path(folder) / f"{name}.parquet" for folder in folders]
    for file in files:
        if not file.exists():
            raise SparkError(
                f"{file} was written by a worker, and is not here:"
                " set spark_directory to a directory that it and this machine share"
            )
    return f"SELECT * FROM read_parquet([{', '.join(quoted_text(str(file)) for file in files)}])"
