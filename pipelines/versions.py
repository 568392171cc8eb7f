"""Versions: what was published before, each whole under a name of its own, so that it can be put back.

Their order is that of their numbers, which are given as they are kept: what the clock said then only tells people when
that was, for a clock may be put back.
"""

import os
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from glob import escape
from pathlib import Path

from models.errors import UserError
from models.settings import Settings
from pipelines.files import copy_whole, keep_modes, sync
from pipelines.locking import note_build_is_shown
from pipelines.places import WarehouseError, base_name, draft_path, versions_path
from pipelines.published_file import show
from pipelines.renewing import is_worth_renewing

STAMP = "%Y-%m-%dT%H-%M-%S.%fZ"
NAME = re.compile(r"(?:(?P<number>\d+)_)?(?P<stamp>[^_]+)")
"""What stands behind the name of the database; former versions of Sojourn gave no numbers."""


class NoVersionError(UserError):
    """A rollback to a version that is not kept."""


@dataclass(frozen=True)
class Version:
    """A published file, or one that was.

    Args:
        path: where it stands.
        number: one more than that of the version which was published before it; 0 where it was kept without one.
        published_at: when it became the published one, UTC, by the clock of then.
    """

    path: Path
    number: int
    published_at: datetime

    @property
    def name(self) -> str:
        """What `sojourn rollback --to` calls it."""
        return str(self.number) if self.number else self.stamp

    @property
    def stamp(self) -> str:
        """The time at which it became the published one, as it stands in names of files."""
        return self.published_at.strftime(STAMP)


def published_version(settings: Settings) -> Version | None:
    """The version that analysts open now, if there is one."""
    try:
        seconds, rest = divmod(settings.database.stat().st_mtime_ns, 10**9)
    except FileNotFoundError:
        return None
    published_at = datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest // 1000)
    found = _found(settings)
    twin = next((version for version in found if _is_published(version, settings, published_at)), None)
    number = twin.number if twin else max((version.number for version in found), default=0) + 1
    return Version(settings.database, number, published_at)


def kept_versions(settings: Settings) -> list[Version]:
    """The versions that can be put back, the one published last before first.

    A run that was cut off may leave the published one among them: it is none of them.
    """
    now = published_version(settings)
    others = [
        version for version in _found(settings) if now is None or not _is_published(version, settings, now.published_at)
    ]
    return sorted(others, key=lambda version: (version.number, version.published_at), reverse=True)


def keep_published(settings: Settings) -> None:
    """Give the published file a second name among the versions; it stays where it is as well.

    Raises:
        OSError: if that cannot be done.
    """
    now = published_version(settings)
    if now is None:
        return
    if any(_is_published(version, settings, now.published_at) for version in _found(settings)):
        return
    path = versions_path(settings) / f"{base_name(settings)}_{now.number}_{now.stamp}.duckdb"
    path.parent.mkdir(exist_ok=True)
    try:
        os.link(now.path, path)
    except OSError:  # a file system without hard links
        draft = path.with_suffix(".new")
        copy_whole(now.path, draft)
        keep_modes(now.path, draft)
        draft.replace(path)
    sync(path.parent)


def prune_versions(settings: Settings) -> None:
    """Remove the versions that are too many, the oldest first, and what a run that was cut off left half-copied.

    The last of them becomes the next draft where that is worth it: what most of it holds, the next version will hold.

    Raises:
        WarehouseError: if they cannot be removed.
    """
    old = [version.path for version in kept_versions(settings)[settings.keep_versions - 1 :]]
    halves = versions_path(settings).glob(f"{escape(base_name(settings))}_*.new")
    try:
        for path in [*old[_reused(old, settings) :], *halves]:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise WarehouseError(
            f"old versions in {versions_path(settings)} cannot be removed: {error.strerror or error}"
        ) from error


def _reused(old: Sequence[Path], settings: Settings) -> int:
    """Make the first of old versions the next draft; how many that were."""
    if not old or not is_worth_renewing(settings.database.parent):
        return 0
    try:
        old[0].replace(draft_path(settings))
    except OSError:  # the versions stand on another file system
        return 0
    return 1


def put_back(settings: Settings, name: str | None = None) -> tuple[Version, list[str]]:
    """Publish a kept version again, in one rename; the one that was published is kept in turn.

    From then on it is the last one, published at this moment: the order of versions is that of their being seen.

    Args:
        settings: the database.
        name: of the version; without one it is that which was published last before.

    Returns:
        the version as it was kept, and warnings of what other programs left beside the published file.

    Raises:
        NoVersionError: if there is no such version.
        WarehouseError: if it cannot be put back; what is published is then as it was.
    """
    chosen = _chosen(settings, name)
    try:
        keep_published(settings)
        os.utime(chosen.path)
        note_build_is_shown(settings, is_shown=False)
        warnings = show(chosen.path, settings)
        sync(chosen.path.parent)
    except OSError as error:
        raise WarehouseError(f"{chosen.path} cannot be put back: {error.strerror or error}") from error
    return chosen, warnings


def _chosen(settings: Settings, name: str | None) -> Version:
    kept = kept_versions(settings)
    if not kept:
        raise NoVersionError(
            f"there is no version of {settings.database} to roll back to: a run keeps the one before it,"
            f" and setting 'keep_versions' is {settings.keep_versions}"
        )
    for version in kept:
        if name in (None, version.name):
            return version
    names = ", ".join(version.name for version in kept)
    raise NoVersionError(f"there is no version {name!r} of {settings.database}; there is {names}")


def _found(settings: Settings) -> list[Version]:
    """All versions of the database that stand among the kept ones, in no order."""
    paths = versions_path(settings).glob(f"{escape(base_name(settings))}_*.duckdb")
    return [version for path in paths if (version := _kept(path, settings))]


def _is_published(version: Version, settings: Settings, published_at: datetime) -> bool:
    """Whether a kept version is the published one under a second name, or a copy of it."""
    return version.published_at == published_at or version.path.samefile(settings.database)


def _kept(path: Path, settings: Settings) -> Version | None:
    """The version that stands at a path; None where the file is of another database, or no version."""
    told = NAME.fullmatch(path.stem.removeprefix(f"{base_name(settings)}_"))
    with suppress(ValueError):
        if told:
            return Version(path, int(told["number"] or 0), datetime.strptime(told["stamp"], STAMP).replace(tzinfo=UTC))
    return None
