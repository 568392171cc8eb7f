"""Listing what lies at an address, and looking at how files begin."""

import errno
import os
import re
import stat
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import fsspec

from pipelines.naming import Format, is_hidden

LOCAL = ("file", "local")
HEAD = 4096
"""Bytes of a file that are looked at."""
MAGIC: tuple[tuple[bytes, Format], ...] = ((b"PAR1", "parquet"), (b"Obj\x01", "avro"))
GZIP = b"\x1f\x8b"
ZSTD = b"\x28\xb5\x2f\xfd"


@dataclass(frozen=True, order=True)
class Listed:
    """A file that was found.

    Args:
        name: its path within its store.
        above: how many parts of the path lie above what is searched; the folder itself that is searched is one.
        is_regular: False for a link that leads nowhere, a FIFO, a socket or a device: to open these may take for ever.
    """

    name: str
    above: int
    is_regular: bool = True


def protocol_of(system: fsspec.AbstractFileSystem) -> str:
    """The first name of a file system."""
    return system.protocol if isinstance(system.protocol, str) else system.protocol[0]


def is_pattern(path: str) -> bool:
    """Whether a path has a sign of a glob."""
    return any(sign in path for sign in "*?[")


def list_files(system: fsspec.AbstractFileSystem, path: str) -> list[Listed]:
    """List a file, all files below a directory, or those that a pattern names or that lie below directories it names.

    What is hidden within is passed over. Directories to which several names lead are listed once.

    Raises:
        OSError: if a directory may not be listed: its days would count as gone.
    """
    parts = path.rstrip("/").split("/")
    if system.isfile(path):
        return [Listed(path, len(parts) - 1)]
    if system.isdir(path):
        return _below(system, [path], len(parts))
    if not is_pattern(path):
        return []
    above = next(number for number, part in enumerate(parts) if is_pattern(part))
    found = sorted(system.glob(path))
    files = [Listed(name, above) for name in found if system.isfile(name)]
    return sorted({*files, *_below(system, [name for name in found if system.isdir(name)], above)})


def _below(system: fsspec.AbstractFileSystem, folders: Sequence[str], above: int) -> list[Listed]:
    if protocol_of(system) in LOCAL:
        found = [Listed(name, above, is_regular) for name, is_regular in _walk(folders)]
    else:
        found = [Listed(name, above) for folder in folders for name in system.find(folder)]
    return [file for file in found if not any(map(is_hidden, file.name.split("/")[above:]))]


def _walk(roots: Sequence[str]) -> Iterator[tuple[str, bool]]:
    """Links to directories are followed last: a directory is listed by its own name where it is below the root too."""
    folders, links, seen = [Path(root) for root in roots], list[Path](), set[tuple[int, int]]()
    while folders or links:
        folder = (folders or links).pop(0)
        told = folder.stat()
        if (told.st_dev, told.st_ino) in seen:
            continue
        seen.add((told.st_dev, told.st_ino))
        with os.scandir(folder) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
        for entry in found:
            path = Path(entry.path)
            mode = _mode(path)
            if not stat.S_ISDIR(mode):
                yield entry.path, stat.S_ISREG(mode)
            elif not is_hidden(entry.name):
                (links if entry.is_symlink() else folders).append(path)


def _mode(path: Path) -> int:
    """What a path leads to; 0 for nothing: a link may dangle or lead to itself, a file may be gone meanwhile."""
    try:
        return path.stat().st_mode
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
            return 0
        raise


def first_bytes(system: fsspec.AbstractFileSystem, names: Sequence[str]) -> dict[str, bytes]:
    """Read how files begin; nothing of those that may not be read or are gone, as whoever reads them whole will say.

    Raises:
        OSError: or another error of the driver, if the store does not answer.
    """
    filled = [name for name in names if system.info(name).get("size")]  # S3 refuses to read a part of nothing
    heads = dict(zip(filled, system.cat_ranges(filled, 0, HEAD, on_error="return"), strict=True))
    for name, head in heads.items():
        if isinstance(head, (PermissionError, FileNotFoundError)):
            heads[name] = b""
        elif isinstance(head, Exception):
            raise head
    return heads


def format_by_content(head: bytes, is_expected: bool) -> Format | None:
    """Tell the format by the first bytes; None for one that is not read, such as Parquet within gzip.

    Args:
        head: how the file begins.
        is_expected: the path says that it is an export, so that its first line may be broken.
    """
    for magic, known in MAGIC:
        if head.startswith(magic):
            return known
    if head.startswith(ZSTD):
        return "json"
    if head.startswith(GZIP):
        inner = _unzipped(head)
        return None if any(inner.startswith(magic) for magic, _ in MAGIC) else "json"
    begin = rb"^\s*[{\[]" if is_expected else rb"\A(?:\xef\xbb\xbf)?\s*[{\[]"
    return "json" if not head.strip() or re.search(begin, head, re.MULTILINE) else None


def _unzipped(head: bytes) -> bytes:
    try:
        return zlib.decompressobj(wbits=zlib.MAX_WBITS | 16).decompress(head, HEAD)
    except zlib.error:
        return b""
