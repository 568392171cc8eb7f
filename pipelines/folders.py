"""Copying files into a directory or an object store, all of them or, to whoever looks, none."""

import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import fsspec

from models.errors import SojournError
from pipelines.exports import first_line, open_store, store_errors
from pipelines.files import behind_link, keep_modes, name_beside, sync


class FolderError(SojournError):
    """A directory or object store that files cannot be written to; what is there is as it was."""

    is_transient = True


def copy_files(address: str, files: Mapping[str, bytes]) -> None:
    """Write files to an address, in place of those that a former copy left there.

    A directory is written beside its place and renamed into it. A store has no directories: each object is written
    whole, the last one of the files last, so that whoever finds that one finds all.

    Args:
        address: directory, or object-store address, that is to hold the files and nothing else.
        files: content by name.

    Raises:
        FolderError: if they cannot be written.
        ExportError: if the store needs a driver that is not installed.
    """
    system, path = open_store(address)
    try:
        if "file" in system.protocol or "local" in system.protocol:
            _to_directory(Path(path), files)
        else:
            _to_store(system, path, files)
    except store_errors() as error:
        raise FolderError(f"{address} cannot be written: {first_line(error)}") from error


def _to_directory(place: Path, files: Mapping[str, bytes]) -> None:
    place = behind_link(place)
    place.parent.mkdir(parents=True, exist_ok=True)
    draft = name_beside(place)
    old = draft.with_name(f"{draft.name}.old")
    try:
        draft.mkdir()
        for name, content in files.items():
            _write(draft / name, content)
        for folder in {draft, *((draft / name).parent for name in files)}:
            sync(folder)
        keep_modes(place, draft)
        with suppress(FileNotFoundError):
            place.rename(old)
        draft.rename(place)
        sync(place.parent)
    finally:
        if old.exists() and not place.exists():
            old.rename(place)
        for left in (draft, old):
            shutil.rmtree(left, ignore_errors=True)


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(exist_ok=True)
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _to_store(system: fsspec.AbstractFileSystem, path: str, files: Mapping[str, bytes]) -> None:
    for name, content in files.items():
        system.pipe_file(f"{path.rstrip('/')}/{name}", content)
