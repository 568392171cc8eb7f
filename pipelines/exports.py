"""Finding files of exports and feeds: which there are, what day an export holds, and which of a day's kinds wins."""

import os
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal

import fsspec
from fsspec.core import url_to_fs

from models.errors import SojournError, UserError
from pipelines.extras import how_to_install

Kind = Literal["daily", "fresh", "intraday", "feed"]
Format = Literal["parquet", "json", "avro", "csv"]

NAME = re.compile(r"^events_(?P<kind>intraday_|fresh_)?(?P<day>\d{8})(?:[_-]?\d{12})?(?:\D.*)?$")
FORMATS: dict[str, Format] = {
    ".parquet": "parquet",
    ".json": "json",
    ".jsonl": "json",
    ".ndjson": "json",
    ".json.gz": "json",
    ".jsonl.gz": "json",
    ".ndjson.gz": "json",
    ".avro": "avro",
}
FEED_FORMATS: dict[str, Format] = {".csv": "csv", ".csv.gz": "csv", ".tsv": "csv", ".parquet": "parquet"}
PRECEDENCE: tuple[Kind, ...] = ("daily", "fresh", "intraday")
LOCAL = ("file", "local")
STORES = {"s3": "s3", "s3a": "s3", "gs": "gs", "gcs": "gs", "az": "az", "abfs": "az", "abfss": "az"}
STATE = ("size", "mtime", "created", "ino", "ETag", "etag", "generation", "LastModified", "last_modified", "updated")
"""What local files and the stores tell of a file that changes when its content does."""
DRIVER_ERRORS = (
    ("botocore.exceptions", "BotoCoreError"),
    ("botocore.exceptions", "ClientError"),
    ("aiohttp.client_exceptions", "ClientError"),
    ("google.auth.exceptions", "GoogleAuthError"),
    ("gcsfs.retry", "HttpError"),
    ("azure.core.exceptions", "AzureError"),
)


class ExportError(UserError):
    """An export that is not there or cannot be read.

    Args:
        fault: what is wrong with it.
        advice: what to do about it; left out where the file itself is left out.
    """

    def __init__(self, fault: str, advice: str | None = None) -> None:
        super().__init__(f"{fault}; {advice}" if advice else fault)
        self.fault = fault


class StoreError(SojournError):
    """An object store that does not answer or lets nobody in."""

    is_transient = True


@dataclass(frozen=True, order=True)
class ExportFile:
    """One file of an export, or of a feed.

    Args:
        address: path or object-store address.
        day: the day by its name; None where only its rows can tell, and for a feed, which holds many.
        kind: daily, fresh or intraday table, or feed.
        format: how it is written.
        size: bytes.
        state: what the store tells of the file that changes with it: size and times, or a version.
    """

    address: str
    day: date | None
    kind: Kind
    format: Format
    size: int = 0
    state: str = ""

    @property
    def is_remote(self) -> bool:
        """Whether the file has to be fetched before DuckDB can read it."""
        return "://" in self.address

    @property
    def is_final(self) -> bool:
        """Whether it is of a daily table or a feed, as opposed to what GA4 writes for the time being."""
        return self.kind in ("daily", "feed")

    @property
    def name(self) -> str:
        """The last part of the address."""
        return self.address.rsplit("/", 1)[-1]


def find_exports(address: str, feeds: Collection[ExportFile] = ()) -> list[ExportFile]:
    """List the export files at an address: a directory (searched whole), a file, a glob or an object store.

    Hidden files, files of other kinds and those of feeds are passed over.

    Raises:
        ExportError: if there is nothing there that looks like an export, or a needed driver is missing.
        StoreError: if the object store does not answer.
    """
    others = {file.address for file in feeds}
    files = [file for file in _find(address, _describe) if file.address not in others]
    if not files:
        raise ExportError(
            f"no GA4 export in {address}{_is_missing(address)};"
            " expected files such as events_20260131.parquet, .json, .json.gz or .avro"
        )
    return sorted(files)


def find_feeds(addresses: Sequence[str]) -> list[ExportFile]:
    """List the files of feeds at some addresses, each file once.

    Raises:
        ExportError: if there is no feed at one of them, or a needed driver is missing.
        StoreError: if the object store does not answer.
    """
    files: set[ExportFile] = set()
    for address in addresses:
        found = _find(address, _describe_feed)
        if not found:
            raise ExportError(f"no feed in {address}; expected files that end in {', '.join(FEED_FORMATS)}")
        files.update(found)
    return sorted(files, key=lambda file: file.address)


def _find(address: str, describe: Callable[[str, Mapping[str, Any]], ExportFile | None]) -> list[ExportFile]:
    system, path = open_store(address)
    try:
        system.invalidate_cache()  # a driver may hold on to its first listing for as long as the process lives
        found = [path] if system.isfile(path) else _list(system, path)
        if not found:
            _check_bucket(system, path)
        return [file for name in found if (file := describe(_address(system, name), system.info(name)))]
    except store_errors() as error:
        raise StoreError(
            f"{address} cannot be listed: {first_line(error)}; check the address and the credentials"
        ) from error


def store_errors() -> tuple[type[Exception], ...]:
    """What listing and fetching may raise: the errors of the system, and those of the drivers that are in use."""
    loaded = [
        getattr(sys.modules[module], name) for module, name in DRIVER_ERRORS if sys.modules.get(module) is not None
    ]
    return (OSError, *loaded)


def first_line(error: Exception) -> str:
    """What an error says, in one line."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def by_day(files: Iterable[ExportFile]) -> dict[date, list[ExportFile]]:
    """Group files by day and keep, of each day, the files of the best kind: daily, else fresh, else intraday."""
    days: defaultdict[date, list[ExportFile]] = defaultdict(list)
    for file in files:
        if file.day is not None:
            days[file.day].append(file)
    return {day: _winners(days[day]) for day in sorted(days)}


def day_of_name(name: str) -> tuple[date | None, Kind]:
    """Read day and kind from the name of a file.

    >>> day_of_name("events_intraday_20260131.json.gz")
    (datetime.date(2026, 1, 31), 'intraday')
    """
    match = NAME.match(name)
    if not match:
        return None, "daily"
    kind: Kind = {"intraday_": "intraday", "fresh_": "fresh"}.get(match["kind"] or "", "daily")  # type: ignore[assignment]
    try:
        return datetime.strptime(match["day"], "%Y%m%d").date(), kind
    except ValueError:
        return None, kind


def _winners(files: list[ExportFile]) -> list[ExportFile]:
    best = min(files, key=lambda file: PRECEDENCE.index(file.kind)).kind
    return sorted(file for file in files if file.kind == best)


def open_store(address: str) -> tuple[fsspec.AbstractFileSystem, str]:
    """The file system that an address lies in, and the path in it.

    Raises:
        ExportError: if a needed driver is missing, or it is no address.
    """
    scheme = address.partition("://")[0] if "://" in address else "file"
    if scheme not in (*LOCAL, *STORES):
        raise ExportError(f"{address} is no address that Sojourn reads; say a path, or one of s3://, gs:// and az://")
    try:
        return url_to_fs(address)  # type: ignore[no-any-return]
    except ImportError:
        raise ExportError(
            f"{scheme}:// needs a driver that is not installed: {how_to_install(STORES[scheme])}"
        ) from None
    except ValueError as error:
        raise ExportError(f"{address} is no address that can be read: {error}") from None


def whole_address(address: str) -> str:
    """An address by which it is known wherever a command is started: a path from the root, or that of an object.

    Raises:
        ExportError: as `open_store`.
    """
    return _address(*open_store(address)).rstrip("/")


def _list(system: fsspec.AbstractFileSystem, path: str) -> list[str]:
    """All files below a directory, or those that a pattern names."""
    if system.isdir(path):
        return list(_walk(path) if _protocol(system) in LOCAL else system.find(path))
    return [name for name in system.glob(path) if system.isfile(name)] if _is_pattern(path) else []


def _walk(path: str) -> Iterator[str]:
    """A directory that may not be listed is an error, never one without files: its days would count as gone."""

    def refuse(error: OSError) -> None:
        raise error

    for folder, _, names in os.walk(path, onerror=refuse, followlinks=True):
        yield from (f"{folder}/{name}" for name in names)


def _check_bucket(system: fsspec.AbstractFileSystem, path: str) -> None:
    """A bucket that is not there lists as an empty one: only asking for it tells."""
    bucket = path.partition("/")[0]
    if _protocol(system) in STORES and not system.exists(bucket):
        raise FileNotFoundError(f"there is no bucket {bucket!r} that these credentials can see")


def _is_missing(address: str) -> str:
    """What to add of an address without files where nothing at all stands on this machine."""
    is_elsewhere = "://" in address or _is_pattern(address) or Path(address).exists()
    return "" if is_elsewhere else ", which does not exist"


def _is_pattern(path: str) -> bool:
    return any(sign in path for sign in "*?[")


def _protocol(system: fsspec.AbstractFileSystem) -> str:
    return system.protocol if isinstance(system.protocol, str) else system.protocol[0]


def _address(system: fsspec.AbstractFileSystem, name: str) -> str:
    return name if _protocol(system) in LOCAL else system.unstrip_protocol(name)


def _state(info: Mapping[str, Any]) -> str:
    return " ".join(str(info[name]) for name in STATE if info.get(name) is not None)


def _describe(address: str, info: Mapping[str, Any]) -> ExportFile | None:
    name = address.rsplit("/", 1)[-1]
    suffix = _suffix(name, FORMATS)
    if name.startswith((".", "_")) or (suffix is None and ("." in name or not NAME.match(name))):
        return None
    day, kind = day_of_name(name)
    return ExportFile(address, day, kind, FORMATS[suffix] if suffix else "parquet", info.get("size") or 0, _state(info))


def _describe_feed(address: str, info: Mapping[str, Any]) -> ExportFile | None:
    name = address.rsplit("/", 1)[-1]
    suffix = _suffix(name, FEED_FORMATS)
    if name.startswith((".", "_")) or suffix is None:
        return None
    return ExportFile(address, None, "feed", FEED_FORMATS[suffix], info.get("size") or 0, _state(info))


def _suffix(name: str, formats: Mapping[str, Format]) -> str | None:
    return next((end for end in sorted(formats, key=len, reverse=True) if name.lower().endswith(end)), None)
