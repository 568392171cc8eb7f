"""Versions: what was published before, each whole under a name of its own, so that it can be put back."""

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from models.errors import UserError
from models.settings import Settings
from pipelines.files import copy_whole, sync
from pipelines.places import WarehouseError, draft_path, versions_path
from pipelines.renewing import is_worth_renewing

STAMP = "%Y-%m-%dT%H-%M-%S.%fZ"


class NoVersionError(UserError):
    """A rollback to a version that is not kept."""


@dataclass(frozen=True)
class Version:
    """A published file, or one that was.

    Args:
        path: where it stands.
        published_at: when it became the published one, UTC.
    """

    path: Path
    published_at: datetime

    @property
    def name(self) -> str:
        """What `sojourn rollback --to` calls it."""
        return self.published_at.strftime(STAMP)


def published_version(settings: Settings) -> Version | None:
    """The version that analysts open now, if there is one."""
    try:
        seconds, rest = divmod(settings.database.stat().st_mtime_ns, 10**9)
    except FileNotFoundError:
        return None
    return Version(settings.database, datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest // 1000))


def kept_versions(settings: Settings) -> list[Version]:
    """The versions that can be put back, the one published last before first.

    A run that was cut off may leave the published one among them: it is none of them.
    """
    now = published_version(settings)
    found = [_kept(path, settings) for path in versions_path(settings).glob("*.duckdb")]
    others = [version for version in found if version and (now is None or version.name != now.name)]
    return sorted(others, key=lambda version: version.published_at, reverse=True)


def keep_published(settings: Settings) -> None:
    """Give the published file a second name among the versions; it stays where it is as well.

    Raises:
        OSError: if that cannot be done.
    """
    now = published_version(settings)
    if now is None:
        return
    path = _path(settings, now.name)
    path.parent.mkdir(exist_ok=True)
    if path.exists():
        return
    try:
        os.link(now.path, path)
    except OSError:  # a file system without hard links
        draft = path.with_suffix(".new")
        copy_whole(now.path, draft)
        draft.replace(path)
    sync(path.parent)


def prune_versions(settings: Settings) -> None:
    """Remove the versions that are too many, the oldest first, and what a run that was cut off left half-copied.

    The last of them becomes the next draft where that is worth it: what most of it holds, the next version will hold.

    Raises:
        WarehouseError: if they cannot be removed.
    """
    old = [version.path for version in kept_versions(settings)[settings.keep_versions - 1 :]]
    halves = versions_path(settings).glob(f"{settings.database.stem}_*.new")
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


def put_back(settings: Settings, name: str | None = None) -> Version:
    """Publish a kept version again, in one rename; the one that was published is kept in turn.

    From then on it counts as published at this moment, so that the order of versions is that of their being seen.

    Args:
        settings: the database.
        name: of the version; without one it is that which was published last before.

    Returns:
        the version as it was kept.

    Raises:
        NoVersionError: if there is no such version.
        WarehouseError: if it cannot be put back; what is published is then as it was.
    """
    chosen = _chosen(settings, name)
    try:
        keep_published(settings)
        os.utime(chosen.path)
        chosen.path.replace(settings.database)
        sync(settings.database.parent)
        sync(chosen.path.parent)
    except OSError as error:
        raise WarehouseError(f"{chosen.path} cannot be put back: {error.strerror or error}") from error
    return chosen


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


def _path(settings: Settings, name: str) -> Path:
    return versions_path(settings) / f"{settings.database.stem}_{name}.duckdb"


def _kept(path: Path, settings: Settings) -> Version | None:
    """The version that stands at a path; None where the file is of another database, or no version."""
    with suppress(ValueError):
        stamp = path.stem.removeprefix(f"{settings.database.stem}_")
        return Version(path, datetime.strptime(stamp, STAMP).replace(tzinfo=UTC))
    return None
