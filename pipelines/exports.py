"""Finding files of exports and feeds: which there are, and which of a day's kinds wins."""

import sys
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import fsspec
from fsspec.core import url_to_fs

from models.errors import SojournError, UserError
from pipelines.candidates import Candidate, notes
from pipelines.extras import how_to_install
from pipelines.listing import LOCAL, Listed, first_bytes, is_pattern, list_files, protocol_of
from pipelines.naming import KINDS, Format, Kind

FEED_FORMATS: dict[str, Format] = {".csv": "csv", ".csv.gz": "csv", ".tsv": "csv", ".parquet": "parquet"}
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


@dataclass(frozen=True)
class Search:
    """What was found at an address.

    Args:
        files: the exports, in order.
        notes: one line for each kind of files that somebody may wonder about, such as those passed over.
    """

    files: list[ExportFile]
    notes: list[str]


def find_exports(address: str, feeds: Collection[ExportFile] = ()) -> list[ExportFile]:
    """List the export files at an address, as `search_exports`."""
    return search_exports(address, feeds).files


def search_exports(address: str, feeds: Collection[ExportFile] = ()) -> Search:
    """Look for export files at an address: a directory (searched whole), a file, a glob or an object store.

    Hidden files, those of feeds and those that are like nothing of ours are passed over in silence.

    Raises:
        ExportError: if there is nothing there that looks like an export, or a needed driver is missing.
        StoreError: if the object store does not answer.
    """
    others = {file.address for file in feeds}
    with _listing(address) as (system, listed):
        found = {where: Candidate(one) for one in listed if (where := _address(system, one.name)) not in others}
        heads = first_bytes(system, [one.name for one in found.values() if one.is_by_content])
        formats = {where: known for where, one in found.items() if (known := one.format(heads.get(one.name, b"")))}
        files = [
            _file(where, one.told.day, one.told.kind, formats[where], system.info(one.name))
            for where, one in found.items()
            if where in formats
        ]
    lines = notes(((one.remark(where in formats), where) for where, one in found.items()), formats)
    if not files:
        expected = "expected files such as events_20260131.parquet, .json, .json.gz or .avro"
        raise ExportError("; ".join([f"no GA4 export in {address}{_is_missing(address)}", expected, *lines]))
    return Search(sorted(files), lines)


def find_feeds(addresses: Sequence[str]) -> list[ExportFile]:
    """List the files of feeds at some addresses, each file once.

    Raises:
        ExportError: if there is no feed at one of them, or a needed driver is missing.
        StoreError: if the object store does not answer.
    """
    files: set[ExportFile] = set()
    for address in addresses:
        with _listing(address) as (system, listed):
            names = [one.name for one in listed if one.is_regular]
            formats = {name: known for name in names if (known := _format_of_feed(name))}
            found = [_file(_address(system, name), None, "feed", formats[name], system.info(name)) for name in formats]
        if not found:
            raise ExportError(f"no feed in {address}; expected files that end in {', '.join(FEED_FORMATS)}")
        files.update(found)
    return sorted(files, key=lambda file: file.address)


@contextmanager
def _listing(address: str) -> Iterator[tuple[fsspec.AbstractFileSystem, list[Listed]]]:
    """Give the files at an address and the store to look into them; what goes wrong there is told with the address."""
    system, path = open_store(address)
    try:
        system.invalidate_cache()  # a driver may hold on to its first listing for as long as the process lives
        listed = list_files(system, path)
        if not listed:
            _check_bucket(system, path)
        yield system, listed
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


def _winners(files: list[ExportFile]) -> list[ExportFile]:
    best = min(files, key=lambda file: KINDS.index(file.kind)).kind
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


def _check_bucket(system: fsspec.AbstractFileSystem, path: str) -> None:
    """A bucket that is not there lists as an empty one: only asking for it tells."""
    bucket = path.partition("/")[0]
    if protocol_of(system) in STORES and not system.exists(bucket):
        raise FileNotFoundError(f"there is no bucket {bucket!r} that these credentials can see")


def _is_missing(address: str) -> str:
    """What to add of an address without files where nothing at all stands on this machine."""
    is_elsewhere = "://" in address or is_pattern(address) or Path(address).exists()
    return "" if is_elsewhere else ", which does not exist"


def _address(system: fsspec.AbstractFileSystem, name: str) -> str:
    return name if protocol_of(system) in LOCAL else system.unstrip_protocol(name)


def _state(info: Mapping[str, Any]) -> str:
    return " ".join(str(info[name]) for name in STATE if info.get(name) is not None)


def _file(address: str, day: date | None, kind: Kind, known: Format, info: Mapping[str, Any]) -> ExportFile:
    return ExportFile(address, day, kind, known, info.get("size") or 0, _state(info))


def _format_of_feed(name: str) -> Format | None:
    ends = sorted(FEED_FORMATS, key=len, reverse=True)
    return next((FEED_FORMATS[end] for end in ends if name.lower().endswith(end)), None)
