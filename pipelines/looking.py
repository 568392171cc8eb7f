"""Looking before a run: whether all that it goes by, and all that it makes, is as the last one left it.

What a run goes by is one fingerprint, and the files that it makes are another: where both are those that the last whole
run put down, a further one would make the same again. Whatever else writes one of these files (a night of Dagster's, a
rollback, a run that was killed) changes the second.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from models.errors import SojournError
from models.settings import Settings
from pipelines.exports import find_exports, find_feeds
from pipelines.files import write_whole
from pipelines.places import build_path, graph_paths, page_path, seen_path
from pipelines.published_file import logs_beside

ROOT = Path(__file__).parents[1]
PACKAGES = ("models", "transforms", "pipelines")
LIBRARIES = ("babel", "duckdb", "jinja2", "networkx", "numpy", "plotly", "polars", "polars-hash", "pyarrow")
"""What decides rows and pages besides this code."""


@dataclass(frozen=True)
class Seen:
    """What the last whole run left for the next to look at.

    Args:
        goes_by: the fingerprint of what it went by.
        made: the fingerprint of the files that it made.
        told: what it said of the exports that stays so, a line each.
        odd: what its checks warned of, a line each.
        looked_at: when somebody last looked and found nothing new, UTC; null where nobody has.
    """

    goes_by: str
    made: str
    told: list[str] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)
    looked_at: str | None = None


def what_it_goes_by(settings: Settings) -> str | None:
    """The fingerprint of all that decides what a run makes; none where that cannot be told, such as without exports.

    It is told from settings and the files that they name, the code of Sojourn and its libraries, and what the store
    tells of each file of exports and feeds, none of which is opened.
    """
    try:
        feeds = find_feeds(settings.feeds)
        files = [*find_exports(settings.exports, feeds), *feeds]
        return _digest([settings.model_dump_json(), *_own_files(settings), *_code(), *map(repr, files)])
    except (SojournError, OSError, PackageNotFoundError):
        return None


def what_is_made(settings: Settings) -> str | None:
    """The fingerprint of the files that a run makes; none where one is missing.

    A log beside a database, which somebody's write leaves, is none of a run's: it makes another fingerprint.
    """
    databases = [settings.database, build_path(settings)]
    logs = [log for database in databases for log in logs_beside(database)]
    try:
        states = [_state(path) for path in (*databases, page_path(settings), *graph_paths(settings).values())]
    except OSError:
        return None
    return _digest([*states, *(_state(log) for log in logs if log.exists())])


def last_seen(settings: Settings) -> Seen | None:
    """What the last whole run left; none where none did, or another has begun since."""
    try:
        return Seen(**json.loads(seen_path(settings).read_bytes()))
    except (OSError, ValueError, TypeError):
        return None


def is_as_left(settings: Settings, goes_by: str | None) -> Seen | None:
    """What the last whole run left, if all is as it left it."""
    seen = last_seen(settings)
    return seen if seen and seen.goes_by == goes_by and seen.made == what_is_made(settings) else None


def forget_seen(settings: Settings) -> None:
    """Leave nothing for the next run, which does everything: to be called before anything is changed.

    Where that cannot be done, what the run changes makes another fingerprint.
    """
    with suppress(OSError):
        seen_path(settings).unlink()


def note_seen(settings: Settings, goes_by: str, told: Sequence[str], odd: Sequence[str]) -> None:
    """Put down what a whole run went by and made. Where that cannot be written, the next run does everything."""
    made = what_is_made(settings)
    if made:
        _write(settings, Seen(goes_by, made, list(told), list(odd)))


def note_looked(settings: Settings, seen: Seen) -> None:
    """Put down that somebody looked now and found nothing new."""
    _write(settings, replace(seen, looked_at=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"))


def _write(settings: Settings, seen: Seen) -> None:
    with suppress(OSError):
        write_whole(seen_path(settings), json.dumps(asdict(seen), ensure_ascii=False).encode())


def _own_files(settings: Settings) -> Iterator[str]:
    """What stands in the files that settings name, such as a lifecycle of one's own."""
    for name in sorted(Settings.model_fields.keys() - {"exports", "database"}):
        value = getattr(settings, name)
        if isinstance(value, (str, Path)) and os.path.isfile(value):  # noqa: PTH113 - no error for a long text
            yield hashlib.sha256(Path(value).read_bytes()).hexdigest()


def _code() -> Iterator[str]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*")):
            if path.suffix != ".pyc" and path.is_file():
                yield str(path.relative_to(ROOT))
                yield hashlib.sha256(path.read_bytes()).hexdigest()
    yield from (f"{name} {version(name)}" for name in LIBRARIES)


def _state(path: Path) -> str:
    told = path.stat()
    return f"{path.absolute()} {told.st_ino} {told.st_size} {told.st_mtime_ns}"


def _digest(parts: Iterable[str]) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
