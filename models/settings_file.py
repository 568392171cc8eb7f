"""The settings file: places in it are meant from where it stands, wherever a command is started."""

import os
import tomllib
from collections.abc import Mapping
from glob import escape, has_magic
from pathlib import Path
from typing import Any

from models.shipped import is_named_by_path

PLACES = ("exports", "feeds", "lifecycle", "database", "reports", "spark_directory", "exchange_rates")
"""The settings that may name a file or a directory."""
PLACES_OF_AUDIENCES = ("folder", "lifecycle")


def read_file(file: Path, defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Read the settings that a TOML file sets; nothing where there is no file.

    Places that the file leaves as they are stand beside it too: a command that cron starts elsewhere finds the same.

    Args:
        file: the settings file.
        defaults: what settings are that it does not set.

    Raises:
        ValueError: if it is no TOML.
        OSError: if it cannot be read.
    """
    if not file.is_file():
        return {}
    with file.open("rb") as stream:
        given = tomllib.load(stream)
    folder = file.parent
    places = {name: defaults[name] for name in PLACES if isinstance(defaults.get(name), str | Path)}
    placed = {name: _placed(name, value, folder) for name, value in {**places, **given}.items() if name in PLACES}
    audiences = given.get("audiences")
    if isinstance(audiences, dict):
        placed["audiences"] = {name: _audience(one, folder) for name, one in audiences.items()}
    return given | placed


def seen_from(value: Any, folder: Path) -> Any:
    """Turn a place that is meant from a folder into one that is meant from the working directory.

    Addresses of object stores stay as they are, and so does what is no text.

    >>> seen_from("../exports", Path("conf")), seen_from("s3://bucket/ga4", Path("conf"))
    ('conf/../exports', 's3://bucket/ga4')
    """
    if isinstance(value, list):
        return [seen_from(one, folder) for one in value]
    if not isinstance(value, str | Path) or "://" in str(value):
        return value
    at_home = os.path.expanduser(str(value).strip())  # noqa: PTH111 - a home that is not known leaves it as it is
    if folder == Path():
        return at_home
    return str((Path(escape(str(folder))) if has_magic(str(value)) else folder) / at_home)


def _placed(name: str, value: Any, folder: Path) -> Any:
    """A place as seen from the working directory; a lifecycle that ships is named, and stands nowhere."""
    if name == "lifecycle" and not (isinstance(value, str) and is_named_by_path(value, folder)):
        return value
    return seen_from(value, folder)


def _audience(audience: Any, folder: Path) -> Any:
    if not isinstance(audience, dict):
        return audience
    places = {name: _placed(name, audience[name], folder) for name in PLACES_OF_AUDIENCES if name in audience}
    return audience | places
