"""Belonging: a database holds the exports of one address, and never mixes them with others."""

from os.path import realpath
from typing import TYPE_CHECKING

import duckdb

from models.errors import UserError
from models.settings import Settings
from pipelines.exports import whole_address
from pipelines.memory import EXPORTS, recall, remember

if TYPE_CHECKING:
    from pipelines.days import Found


class OtherExportsError(UserError):
    """A run over other exports than those that the database was made from."""


def belong(connection: duckdb.DuckDBPyConnection, found: "Found", settings: Settings, is_moved: bool) -> list[str]:
    """See that a build file was made from the exports of the settings, and put their address down.

    One that does not know its address is of before there was one: its files tell.

    Args:
        connection: the build file.
        found: what the exports hold.
        settings: `exports` is used.
        is_moved: they are the same exports at a new address.

    Returns:
        a line, if they moved.

    Raises:
        OtherExportsError: if it was made from others.
    """
    before, now = recall(connection, EXPORTS) or _address_of_files(connection, found, settings), address_of(settings)
    is_other = before is not None and not _is_same(before, now)
    if is_other and not is_moved:
        raise _refusal(settings, before, now)
    remember(connection, EXPORTS, now)
    return [f"moved: the exports of {before} are those of {now} from now on"] if is_other else []


def check_belonging(published: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """See that a published file was made from the exports of the settings.

    Raises:
        OtherExportsError: if it was made from others.
    """
    before, now = recall(published, EXPORTS), address_of(settings)
    if before and not _is_same(before, now):
        raise _refusal(settings, before, now)


def address_of(settings: Settings) -> str:
    """The address of the exports, by which they are known wherever a command is started."""
    return whole_address(settings.exports)


def _refusal(settings: Settings, before: str | None, now: str) -> OtherExportsError:
    return OtherExportsError(
        f"{settings.database} holds the exports of {before}, not those of {now}; name another database for these,"
        " or say --moved if they are the same ones at a new address, or --replace to begin anew without what is loaded"
    )


def _address_of_files(connection: duckdb.DuckDBPyConnection, found: "Found", settings: Settings) -> str | None:
    """A folder that files were loaded from, if none of them is of the exports of the settings."""
    query = "SELECT source_file FROM loads WHERE export_day IS NOT NULL ORDER BY source_file"
    loaded = [address for (address,) in connection.execute(query).fetchall()]
    listed = {file.address for files in found.days.values() for file in files}
    below = f"{address_of(settings)}/"
    if not loaded or any(address in listed or address.startswith(below) for address in loaded):
        return None
    return str(loaded[0].rpartition("/")[0])


def _is_same(before: str, now: str) -> bool:
    """Whether two addresses are one: a path may go by links, and a link may come to lead elsewhere."""
    return before == now or ("://" not in before + now and realpath(before) == realpath(now))
