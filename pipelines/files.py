"""Writing files whole: whoever has the old one open keeps it, and nobody sees half of the new one."""

import errno
import os
import secrets
import shutil
import stat
from contextlib import suppress
from pathlib import Path

UNABLE = {errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EBADF, errno.EPERM}
"""How a system says that it cannot copy between two files by itself."""


def write_whole(path: Path, content: bytes) -> Path:
    """Write a file beside its place, make sure it is on the disk, and rename it into place.

    A file that it replaces passes on its modes, owner and group; a new one has the modes that the umask leaves. A
    symbolic link stays one: what it points to is replaced.

    Args:
        path: where it is to stand; its directory is made where it is missing.
        content: all of it.

    Returns:
        the file written.

    Raises:
        OSError: if it cannot be written; what stood there before stands there still.
    """
    place = behind_link(path)
    place.parent.mkdir(parents=True, exist_ok=True)
    draft = name_beside(place)
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        keep_modes(place, draft)
        draft.replace(place)
    finally:
        draft.unlink(missing_ok=True)
    return path


def name_beside(place: Path) -> Path:
    """A hidden name that nothing has yet, for what will be renamed into a place."""
    return place.with_name(f".{place.name}.{secrets.token_hex(4)}")


def behind_link(path: Path) -> Path:
    """The file that a symbolic link points to, through all links; any other path as it is.

    Raises:
        OSError: if links go in a circle.
    """
    if not path.is_symlink():
        return path
    try:
        return path.resolve()
    except RuntimeError:  # Python before 3.13
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP)) from None


def keep_modes(old: Path, new: Path) -> None:
    """Give a file the modes, owner, group and access list of the one that it is about to replace, if there is one.

    What this user may not give away (an owner, a group of which they are no member) stays theirs.
    """
    try:
        told = old.stat()
    except FileNotFoundError:
        return
    for owner, group in ((told.st_uid, told.st_gid), (-1, told.st_gid)):
        with suppress(PermissionError):
            os.chown(new, owner, group)
            break
    new.chmod(stat.S_IMODE(told.st_mode))
    for name in os.listxattr(old) if hasattr(os, "listxattr") else ():
        with suppress(OSError):
            os.setxattr(new, name, os.getxattr(old, name))


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
