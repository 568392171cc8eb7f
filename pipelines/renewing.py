"""Renewing a file: bringing it to what another holds by writing only what differs, when nobody can be reading it."""

import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

if sys.platform == "linux":
    import fcntl

HEAD, BLOCK = 3 * 4096, 256 * 1024
"""Bytes of a DuckDB file's headers, and of each block after them: what DuckDB writes at once."""
PIECE, AT_ONCE = 256 * BLOCK, 2
"""Bytes that a thread compares, and how many do so at once: reading is most of the work."""
RENEWING = {"ext2", "ext3", "ext4", "f2fs"}
"""File systems on which a copy writes every byte, and of which this machine knows every reader."""
MOUNTS = Path("/proc/self/mountinfo")
NETWORK_READERS = Path("/proc/fs/nfsd/threads")


def is_worth_renewing(folder: Path) -> bool:
    """Whether a file in a folder should be renewed rather than written anew.

    Btrfs and XFS share blocks between files: there a copy costs nothing. Elsewhere, and where the kernel serves files
    to other machines, not everybody who reads asks this kernel first.
    """
    return _kind_of(folder) in RENEWING and not _serves_others()


def renew(source: Path, target: Path) -> bool:
    """Bring a file to what another holds, on the disk, if it is there and certainly nobody else has it open.

    All bytes of both are compared: the checksums of DuckDB's blocks are the same for the same words in another order.

    Returns:
        whether that was done; if not, the file is as it was.

    Raises:
        OSError: if it cannot be written; it may then be half the one and half the other.
    """
    try:
        handle = os.open(target, os.O_RDWR)
    except OSError:
        return False
    try:
        if not _hold_alone(handle):
            return False
        _write_differences(source, handle)
        os.utime(handle)
        os.fsync(handle)
    finally:
        os.close(handle)
    return True


def _hold_alone(handle: int) -> bool:
    """Hold an open file alone until it is closed, if nobody else has it open by any name; whether that was given.

    Locks would not tell: a process loses those that it holds on a file as it closes any of several descriptors of it,
    and DuckDB opens a file more than once. A lease of the kernel's does: it is given while there is no other descriptor
    or mapping of the file on this machine, whoever's and in whatever container. Who opens it then waits for its end, or
    45 seconds.
    """
    if sys.platform != "linux" or os.fstat(handle).st_nlink != 1:
        return False
    try:
        fcntl.fcntl(handle, fcntl.F_SETSIG, signal.SIGURG)  # of who waits the holder is told by a signal; this is none
        fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_WRLCK)
    except OSError:
        return False
    return True


def _write_differences(source: Path, target: int) -> None:
    """Write the blocks that differ; the headers last, and nothing in their place before.

    Without headers it is no database: whoever waited too long to open it is told so, and never sees half of two.
    """
    with source.open("rb", buffering=0) as file, ThreadPoolExecutor(AT_ONCE) as writing:
        size = os.fstat(file.fileno()).st_size
        os.ftruncate(target, size)
        _write_at(target, memoryview(bytes(HEAD)), 0)
        pieces = range(HEAD, size, PIECE)
        list(writing.map(lambda start: _write_piece(file.fileno(), target, start, min(start + PIECE, size)), pieces))
        _write_at(target, memoryview(os.pread(file.fileno(), HEAD, 0)), 0)


def _write_piece(source: int, target: int, start: int, end: int) -> None:
    old, new = bytearray(BLOCK), bytearray(BLOCK)
    for place in range(start, end, BLOCK):
        count = os.preadv(source, [new], place)
        if os.preadv(target, [old], place) != count or old != new:
            _write_at(target, memoryview(new)[:count], place)


def _write_at(target: int, content: memoryview, place: int) -> None:
    """Write all of it: where room runs out within a write, the kernel writes a part, and fails at the next."""
    while content:
        count = os.pwrite(target, content, place)
        content, place = content[count:], place + count


def _kind_of(folder: Path) -> str | None:
    """The file system that a folder is on, by its name; None where that cannot be told."""
    try:
        device = folder.stat().st_dev
        lines = MOUNTS.read_text().splitlines()
    except OSError:
        return None
    name = f"{os.major(device)}:{os.minor(device)}"
    return next((kind(line) for line in lines if line.split()[2] == name), None)


def kind(line: str) -> str:
    """The file system that a line of mountinfo names.

    >>> kind("36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue")
    'ext3'
    """
    return line.partition(" - ")[2].split()[0]


def _serves_others() -> bool:
    """Whether the kernel is an NFS server: clients of version 3 read without having a file open."""
    try:
        return int(NETWORK_READERS.read_text()) > 0
    except (OSError, ValueError):
        return False
