"""Publishing: the build file becomes the file that analysts open, whole, in one rename."""

from contextlib import suppress
from dataclasses import dataclass

import duckdb

from models.settings import Settings
from pipelines.files import copy_whole
from pipelines.memory import TIDIED, recall, remember
from pipelines.places import WarehouseError, build_path, draft_path
from pipelines.published_file import show
from pipelines.renewing import renew
from pipelines.versions import keep_published, prune_versions
from pipelines.warehouse import checkpoint_whole, first_row

TIDY_AFTER = 7
"""Days after which row groups are put together again: nights leave some that are not full, others with deleted rows."""


@dataclass(frozen=True)
class Publication:
    """What became of the published file.

    Args:
        size: of the file, in bytes.
        warnings: of what other programs left beside it, a line each.
    """

    size: int
    warnings: list[str]


def publish(connection: duckdb.DuckDBPyConnection, settings: Settings) -> Publication:
    """Copy the build file beside the published one, make sure it is on the disk, and rename it over that.

    Where an old version lies there that nobody has open any more, only what differs is written (see `renew`).
    Whoever has the old file open keeps reading the old rows; who opens it next sees the new ones. Until the rename
    nothing of the published file is touched, and then it has a second name already, for `sojourn rollback`.

    Raises:
        WarehouseError: if the disk is full or the directory cannot be written.
    """
    checkpoint_whole(connection, tidies=_is_untidy(connection))
    target, draft = settings.database, draft_path(settings)
    try:
        with suppress(FileNotFoundError):
            draft.chmod(0o600)  # it was a published file, which its owner may not write
        if not renew(build_path(settings), draft):
            copy_whole(build_path(settings), draft)
        if settings.keep_versions > 1:
            keep_published(settings)
        warnings = show(draft, settings)
    except OSError as error:
        with suppress(OSError):
            draft.unlink()
        raise WarehouseError(f"{target} cannot be published: {error.strerror or error}; it is as it was") from error
    prune_versions(settings)
    return Publication(target.stat().st_size, warnings)


def _is_untidy(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether TIDY_AFTER days came, or went, since row groups were put together or first written; that is put down."""
    before = recall(connection, TIDIED)
    query = "SELECT max(export_day)::VARCHAR, abs(max(export_day) - ?::DATE) >= ? FROM loads"
    last_day, is_untidy = first_row(connection, query, [before, TIDY_AFTER]) or (None, None)
    if last_day and (is_untidy or before is None):
        remember(connection, TIDIED, last_day)
    return bool(is_untidy)
