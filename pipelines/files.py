"""Writing files whole: whoever has the old one open keeps it, and nobody sees half of the new one."""

import os
import tempfile
from pathlib import Path


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
