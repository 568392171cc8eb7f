"""Writing files whole: whoever has the old one open keeps it, and nobody sees half of the new one."""

import errno
import os
import shutil
import tempfile
from pathlib import Path

UNABLE = {errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EBADF, errno.EPERM}
"""How a system says that it cannot copy between two files by itself."""


def write_whole(path: Path, content: bytes) -> Path:
    """Write a file beside its place, make sure it is on the disk, and rename it into place.

    Args:
        path: where it is to stand; its directory is made where it is missing.
        content: all of it.

    Returns:
        the file written.

    Raises:
        OSError: if it cannot be written; what stood there before stands there still.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    draft = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.chmod(0o644)
        return draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def copy_whole(source: Path, target: Path) -> None:
    """Copy a file and make sure that it is on the disk.

    The system copies by itself where it can: on file systems that share blocks between files (Btrfs, XFS) that takes
    no time and no room.

    Raises:
        OSError: if it cannot be written; half a file may then be left.
    """
    target.unlink(missing_ok=True)
    if not _copied_by_system(source, target):
        shutil.copyfile(source, target)
    sync(target)


def sync(path: Path) -> None:
    """Make sure that a file, or the names in a directory, are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _copied_by_system(source: Path, target: Path) -> bool:
    if not hasattr(os, "copy_file_range"):
        return False
    with source.open("rb", buffering=0) as old, target.open("wb", buffering=0) as new:
        left = os.fstat(old.fileno()).st_size
        try:
            while left and (count := os.copy_file_range(old.fileno(), new.fileno(), left)):
                left -= count
        except OSError as error:
            if error.errno not in UNABLE:
                raise
    return left == 0
