"""What the path of a file tells: which table of GA4 it holds, of which day, and in which format."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

Kind = Literal["daily", "fresh", "intraday", "feed"]
Format = Literal["parquet", "json", "avro", "csv"]
BY_CONTENT: Literal["by content"] = "by content"

DAY = r"20\d{6}|20\d\d-\d\d-\d\d"
SHARD = r"\d{12}"
KINDS = ("daily", "fresh", "intraday")
"""From the best to the least finished."""
USERS = "(?:pseudonymous[_-]?)?users"
KEYS = "(?:event_?)?(?:date|day)(?:_?(?:part|partition))?|dt|ds|_?table_suffix"
"""What folders of a partitioned data set call the day of the events; a date of loading is none."""
TABLE = re.compile(
    rf"(?<![a-z\d])(?P<table>events|{USERS})(?:[_.-]?(?:{'|'.join(KINDS)}))?[$_.=-]{{0,2}}(?P<day>{DAY})"
    rf"(?:[_.-]?{SHARD})?(?!\d)"
)
PARTITION = re.compile(rf"(?<![\w-])(?:{KEYS})=(?P<day>{DAY})(?!\d)")
ANY_DAY = re.compile(rf"(?<!\d)(?<!analytics_)(?P<day>{DAY})(?:{SHARD})?(?!\d)")
KIND = re.compile(rf"(?<![a-z])events[_.-]?({'|'.join(KINDS)})(?![a-z])")
WHOLE = re.compile(
    rf"(?:[\w-]+\.)*(?:events|pseudonymous_users)(?:[_.-](?:{'|'.join(KINDS)}))?(?:_(?:{DAY}))?"
    rf"|users_(?:{DAY})|intraday|(?:{KEYS})=(?:{DAY})"
)
"""A folder that is named as a table and nothing besides."""
SAYS_NOTHING = {"analytics", "bigquery", "bq", "data", "date", "day", "event", "events", "export", "exports", "ga",
                "kind", "part", "raw", "shard", "table", "tables", "type"}  # fmt: skip
TEXT_ENDINGS = {"json", "jsonl", "ndjson"}
BINARY_ENDINGS: dict[str, Format] = {"parquet": "parquet", "avro": "avro"}
COMPRESSIONS = {"gz", "gzip", "zst", "zstd"}
NAMED_COMPRESSIONS = COMPRESSIONS | {"deflate", "snappy"}
"""Those that a name may end in because the blocks within the file are so compressed."""
OTHER_DATA = {"7z", "arrow", "br", "bz2", "csv", "feather", "lz4", "orc", "tar", "tgz", "tsv", "xls", "xlsx", "xml",
              "xz", "zip"}  # fmt: skip


@dataclass(frozen=True)
class Told:
    """What a path tells of a file.

    Args:
        table: of events or of users; None where the path does not say.
        day: of the table; None where only the rows can tell.
        kind: of the table of events.
        day_of_folder: the day that the folders name, where the file's own name tells another.
        is_named: the file's own name tells a table and its day.
        has_day: there is a day somewhere in it, of whatever.
    """

    table: Literal["events", "users"] | None
    day: date | None
    kind: Kind
    day_of_folder: date | None
    is_named: bool
    has_day: bool


def read_path(path: str, above: int = 0) -> Told:
    """Tell table, day and kind from a path, in any case; each from the file's name, else from the nearest folder.

    A **day** stands behind `events`, or is that of a partition such as `event_date=2024-03-10`. Where the name tells
    one and the folders another, that of the name counts: folders are often those of the delivery. A name with two days
    (a range, or the time of the extract beside the day) tells none: the rows do.

    The **kind** is told by the words intraday, fresh and daily. A name without any is no word for daily where its
    folder has one: what is not finished must not pass for final. `fresh` and `daily` are words of the language and of
    brands, so that they count only behind `events` or beside words that say nothing. A folder with several kinds tells
    none.

    Args:
        path: folders and name, without the suffix.
        above: how many parts of it lie above what is searched, or are the folder itself that is searched: there only
            the whole name of a table counts, for these folders are named after anything.

    >>> read_path("events_intraday_20240310/000000000000").kind
    'intraday'
    >>> read_path("analytics_20231105/dataset.EVENTS-2024-03-10").day
    datetime.date(2024, 3, 10)
    """
    parts = re.sub("intra[_-]day", "intraday", path.lower()).split("/")
    telling = [part for number, part in enumerate(parts) if number >= above or WHOLE.fullmatch(part)]
    *folders, name = telling or [""]
    folders.reverse()
    own = _table_days(name)
    days = [days for days in map(_table_days, folders) if len(days) == 1]
    told = own or next(iter(days), set())
    return Told(
        table=_table(name, folders),
        day=min(told) if len(told) == 1 else None,
        kind=next((kind for kind in map(_kind, [name, *folders]) if kind), "daily"),
        day_of_folder=min(days[0]) if len(own) == 1 and days and days[0] != own else None,
        is_named=bool(own),
        has_day=any(map(_days, telling)),
    )


def split_suffix(name: str) -> tuple[str, str]:
    """Part a name from its suffix, which has two parts where the first is that of a compression.

    >>> split_suffix("dataset.events_20240310.JSON.gz")
    ('dataset.events_20240310', 'json.gz')
    >>> split_suffix("dataset.events_20240310")
    ('dataset.events_20240310', '')
    """
    stem, endings = name, list[str]()
    while not endings or endings[0] in NAMED_COMPRESSIONS:
        before, _, ending = stem.rpartition(".")
        if not before or ending.isdigit() or _days(ending):
            break
        stem, endings = before, [ending.lower(), *endings]
    return stem, ".".join(endings)


def format_of(suffix: str) -> Format | Literal["by content"] | None:
    """Tell the format by a suffix; None for one that is not read.

    >>> format_of("ndjson.zst"), format_of("gz"), format_of("csv.gz")
    ('json', 'by content', None)
    """
    first, _, compression = suffix.partition(".")
    if first in TEXT_ENDINGS and (not compression or compression in COMPRESSIONS):
        return "json"
    if first in BINARY_ENDINGS and not compression:
        return BINARY_ENDINGS[first]
    is_open = first in TEXT_ENDINGS or first in BINARY_ENDINGS or first in NAMED_COMPRESSIONS or not first
    return BY_CONTENT if is_open else None


def is_shard(stem: str) -> bool:
    """Tell whether a name is that of a shard, as `bq extract` numbers them.

    >>> is_shard("000000000012"), is_shard("export-000000000012"), is_shard("part-12")
    (True, True, False)
    """
    return re.search(rf"(?<!\d){SHARD}$", stem) is not None


def is_hidden(name: str) -> bool:
    """Tell whether a file or folder is not meant to be read: hidden, half written, the mark or the backup of another.

    >>> [name for name in (".x", "_SUCCESS", "events.json~", "_table_suffix=20240310") if is_hidden(name)]
    ['.x', '_SUCCESS', 'events.json~']
    """
    return not name or name[0] in ".#" or (name[0] == "_" and "=" not in name) or name.endswith(("~", "_$folder$"))


def _days(part: str) -> set[date]:
    return {day for match in ANY_DAY.finditer(part) if (day := _date(match["day"]))}


def _table_days(part: str) -> set[date]:
    """All days in a part of a path that names a table with its day, or the day of a partition; else none."""
    matches = [match for pattern in (TABLE, PARTITION) for match in pattern.finditer(part)]
    return _days(part) if any(_date(match["day"]) for match in matches) else set()


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _kind(part: str) -> Kind | None:
    words = set(re.findall("[a-z]+", part))
    found = set(KIND.findall(part)) or words & set(KINDS)
    is_of_table = KIND.search(part) or "intraday" in found or words - found <= SAYS_NOTHING
    return found.pop() if len(found) == 1 and is_of_table else None


def _table(name: str, folders: Sequence[str]) -> Literal["events", "users"] | None:
    """`users` alone is a word for much: it counts as the whole name, or as the folder of the shards or of the days."""
    for part in (name, *folders):
        match = TABLE.search(part)
        if match:
            return "events" if match["table"] == "events" else "users"
        if re.search(r"pseudonymous[_-]?users", part):
            return "users"
        if re.search(r"(?<![a-z])events(?![a-z])", part):
            return "events"
    own = next((folder for folder in folders if not _days(folder)), "")
    return "users" if own == "users" or re.fullmatch(r"users[_-]?\d*", name) else None
